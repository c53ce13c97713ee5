//! Compares the page reader with SQLite on the same file.

use super::file;
use super::reader::{PageReader, Roots, column};
use crate::key::{Digest, Key};
use crate::store::location::StoreLocation;
use crate::store::sqlite::condition::StoredCondition;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::{open, read_transaction};
use crate::time::Timestamp;
use proptest::prelude::*;
use rusqlite::{Connection, params};
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::{NamedTempFile, TempDir};

/// An entry, as SQLite and the page reader find it.
type FoundRow = (i64, Vec<u8>, i64, i64, Option<i64>, i64, i64, [u8; 16], [Option<Vec<u8>>; 2]);

/// A row under one of a few keys. Some bodies are long enough to lie partly in other pages, and some words push
/// the body there.
fn row() -> impl Strategy<Value = (u8, Vec<u8>, usize, Option<usize>, i64)> {
    let condition = prop_oneof![
        Just(vec![0]),
        Just(vec![3]),
        any::<[u8; 32]>().prop_map(|digest| { [&[2][..], &digest, &[0; 8]].concat() })
    ];
    let length = prop_oneof![0..300_usize, 3_400..4_200_usize, 0..30_000_usize];
    let words = prop_oneof![0..50_usize, 0..9_000_usize];
    let number = (any::<i64>(), 0..63_u32).prop_map(|(number, shift)| number >> shift);
    (0..6_u8, condition, words, proptest::option::of(length), number)
}

struct Sample {
    directory: TempDir,
    location: StoreLocation,
    database: Connection,
}

fn sample() -> Sample {
    let directory = tempfile::tempdir().expect("made");
    let location = StoreLocation::prepare(directory.path()).expect("ours");
    let database = open::open(&location).expect("made");
    Sample { directory, location, database }
}

fn insert(
    database: &Connection,
    key: u8,
    condition: &[u8],
    words: usize,
    body: Option<usize>,
    at: i64,
) {
    let body = body.map(|length| (0..length).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>());
    database
        .execute(
            "INSERT OR REPLACE INTO entry (key, condition, command, exit, created, elapsed, used,
                 hits, renewal_failed, output, length, seal, arguments, words, body, outputs)
             VALUES (?1, ?2, 1, ?3, ?4, ?5, 1, 1, ?6, ?7, ?8, ?9, x'', zeroblob(?10), ?11, ?12)",
            params![
                [key; 32],
                condition,
                i64::from(key),
                at,
                at / 3,
                (at % 2 == 0).then_some(at / 5),
                at.rem_euclid(1000),
                at.rem_euclid(70_000),
                [key; 16],
                i64::try_from(words).expect("small"),
                body,
                (at % 3 == 0).then(|| vec![7_u8; words / 2]),
            ],
        )
        .expect("inserted");
}

fn found_by_sqlite(database: &Connection, key: u8) -> Vec<FoundRow> {
    let mut statement = database
        .prepare(
            "SELECT id, condition, exit, created, renewal_failed, output, length, seal, outputs, body FROM entry
             WHERE key = ?1 ORDER BY id",
        )
        .expect("prepared");
    let rows = statement.query_map([[key; 32]], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            [row.get(8)?, row.get(9)?],
        ))
    });
    rows.expect("found").collect::<Result<_, _>>().expect("read")
}

fn found(reader: &PageReader, key: u8) -> Vec<FoundRow> {
    let mut entries = reader.entries(Key(Digest([key; 32]))).expect("supported");
    entries.sort_by_key(|entry| entry.id);
    let rows = entries.into_iter().map(|entry| {
        let output = reader.output(&entry).expect("supported").expect("written by us");
        assert_eq!(reader.blob(&entry, column::OUTPUTS).expect("supported"), output.outputs);
        let numbers = (output.output.cast_signed(), output.length.cast_signed());
        let condition = StoredCondition { stdin: entry.condition, inputs: entry.inputs }.encode();
        let failed = entry.renewal_failed.map(Timestamp::as_millis);
        let (exit, created) = (i64::from(entry.exit.status()), entry.created.as_millis());
        (
            entry.id,
            condition,
            exit,
            created,
            failed,
            numbers.0,
            numbers.1,
            output.checksum,
            [output.outputs, output.body],
        )
    });
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_reader_finds_what_sqlite_finds(
        rows in proptest::collection::vec(row(), 0..120),
        notes in proptest::collection::btree_map(
            proptest::collection::vec(any::<u8>(), 0..40), 0..3_000_usize, 0..60),
        forgotten in 0..6_u8,
    ) {
        let sample = sample();
        for (key, condition, words, body, at) in rows {
            insert(&sample.database, key, &condition, words, body, at);
        }
        let name = |(short, tail): (&Vec<u8>, &usize)| [&short[..], &vec![b'x'; *tail]].concat();
        for (place, note) in notes.iter().enumerate() {
            let kind = if place % 2 == 0 { NoteKind::File } else { NoteKind::Tombstone };
            let (notes, at) = (Notes::of(&sample.database, kind), Timestamp::from_millis(0));
            notes.put(&name(note), at, &vec![7; place]).expect("put");
        }
        // Removed rows leave pages that are empty or half full.
        sample.database.execute("DELETE FROM entry WHERE key = ?1", [[forgotten; 32]]).expect("removed");

        let reader = PageReader::open(&sample.location).expect("supported");
        for key in 0..8 {
            prop_assert_eq!(found(&reader, key), found_by_sqlite(&sample.database, key));
        }
        for note in &notes {
            for kind in [NoteKind::File, NoteKind::Tombstone] {
                let found = Notes::of(&sample.database, kind).find(&name(note)).expect("looked for");
                let seen = reader.note(kind, &name(note)).expect("supported");
                prop_assert_eq!(seen, found.map(|note| note.value));
            }
        }
        for kind in [NoteKind::Secret, NoteKind::Cleared, NoteKind::Tombstone, NoteKind::File] {
            let last = Notes::of(&sample.database, kind).last_name().expect("looked for");
            prop_assert_eq!(reader.last_name(kind).expect("supported"), last);
        }
    }

    #[test]
    fn a_damaged_file_ends_no_reader(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let sample = sample();
        for number in 0..60_u8 {
            let condition = [&[2][..], &[number; 40]].concat();
            insert(&sample.database, number % 6, &condition, 20, Some(usize::from(number) * 150), 5);
        }
        let path = sample.location.database();
        let mut bytes = fs::read(&path).expect("read");
        for (place, change) in changes {
            let place = 100 + place.index(bytes.len() - 100);
            bytes[place] ^= change;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).expect("written");
        if let Ok(reader) = PageReader::open(&sample.location) {
            for key in 0..6 {
                for entry in reader.entries(Key(Digest([key; 32]))).unwrap_or_default() {
                    let _ = reader.output(&entry);
                }
                let _ = reader.note(NoteKind::File, &[key]);
                let _ = reader.last_name(NoteKind::File);
            }
        }
    }
}

/// The work of another process: changes rows and notes in a number of transactions. This is a test of its own, which
/// does nothing unless [`readers_beside_writers_see_what_sqlite_sees`] starts it.
#[test]
fn write_in_a_process_of_its_own() {
    let Some(directory) = env::var_os("PAGES_TO_WRITE") else { return };
    let location = StoreLocation::prepare(Path::new(&directory)).expect("ours");
    let database = open::open(&location).expect("opened");
    read_transaction::end(&database);
    for round in 0..60_u8 {
        database.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for number in 0..round % 9 {
            let condition = [&[2][..], &[number; 32], &[round; 8]].concat();
            let body = usize::from(round) * usize::from(number) * 40;
            insert(&database, number % 6, &condition, body / 3, Some(body), i64::from(round));
        }
        let notes = Notes::of(&database, NoteKind::Cleared);
        notes.put(&[round], Timestamp::from_millis(0), &[round; 50]).expect("put");
        let forgotten = [[round % 6; 32]];
        let sql = "DELETE FROM entry WHERE key = ?1 AND id % 2";
        database.execute(sql, forgotten).expect("removed");
        database.execute_batch("COMMIT").expect("committed");
    }
}

#[test]
fn readers_beside_writers_see_what_sqlite_sees() {
    let directory = tempfile::tempdir().expect("made");
    let location = StoreLocation::prepare(directory.path()).expect("ours");
    drop(open::open(&location).expect("made"));
    let writer = || {
        let test = "store::read::pages::tests::write_in_a_process_of_its_own";
        let mut command = Command::new(env::current_exe().expect("known"));
        command.args(["--exact", test]).env("PAGES_TO_WRITE", directory.path());
        command.stdout(Stdio::null()).spawn().expect("started")
    };
    let mut writers = [writer(), writer()];
    let mut compared = 0;
    let mut are_done = false;
    while !are_done {
        // After the writers are done one more comparison has to succeed.
        are_done = writers.iter_mut().all(|it| it.try_wait().expect("known").is_some());
        let Ok(reader) = PageReader::open(&location) else { continue };
        let (_file, copy) = copy_of(&reader);
        for key in 0..6 {
            assert_eq!(found(&reader, key), found_by_sqlite(&copy, key));
        }
        let last = Notes::of(&copy, NoteKind::Cleared).last_name().expect("looked for");
        assert_eq!(reader.last_name(NoteKind::Cleared).expect("supported"), last);
        compared += 1;
    }
    for mut writer in writers {
        assert!(writer.wait().expect("ended").success());
    }
    assert!(compared > 0);
}

/// Copies the database that a reader sees into a file for SQLite, through the reader's own descriptor: closing another
/// one would drop its lock.
fn copy_of(reader: &PageReader) -> (NamedTempFile, Connection) {
    let mut bytes = Vec::new();
    reader.pages.begin();
    for number in 1.. {
        let Ok(page) = reader.pages.page(number) else { break };
        bytes.extend_from_slice(&page);
    }
    let file = NamedTempFile::new().expect("made");
    fs::write(file.path(), bytes).expect("written");
    let database = Connection::open(file.path()).expect("opened");
    (file, database)
}

#[test]
fn columns_are_where_the_table_has_them() {
    use column::*;
    let sample = sample();
    let mut statement =
        sample.database.prepare("SELECT name FROM pragma_table_info('entry')").expect("prepared");
    let names = statement.query_map([], |row| row.get(0)).expect("listed");
    let names: Vec<String> = names.collect::<Result<_, _>>().expect("read");
    let read = [
        CONDITION,
        EXIT,
        CREATED,
        ELAPSED,
        RENEWAL_FAILED,
        OUTPUT,
        LENGTH,
        CHECKSUM,
        OUTPUTS,
        INPUTS,
        BODY,
    ];
    let expected =
        "condition exit created elapsed renewal_failed output length seal outputs inputs body";
    assert_eq!(read.map(|place| &*names[place]).join(" "), expected);
    assert_eq!(BODY, names.len() - 1, "what follows it would be read as part of it");
}

#[test]
fn nothing_is_read_during_a_write() {
    let sample = sample();
    assert!(PageReader::open(&sample.location).is_ok());
    // The writer is SQLite in this process. Its locks do not stop a reader in the same process, but its journal does.
    sample.database.execute_batch("BEGIN IMMEDIATE; UPDATE note SET at = at + 1").expect("begun");
    assert!(sample.directory.path().join("cachex.db-journal").exists());
    assert!(PageReader::open(&sample.location).is_err());
}

#[test]
fn rows_about_as_long_as_a_page_are_read() {
    let sample = sample();
    for length in 3_700..4_100_u16 {
        let condition = [&[2][..], &length.to_be_bytes(), &[0; 38]].concat();
        insert(&sample.database, 1, &condition, 10, Some(length.into()), 5);
    }
    let reader = PageReader::open(&sample.location).expect("supported");
    assert_eq!(found(&reader, 1), found_by_sqlite(&sample.database, 1));
}

#[test]
fn a_tree_with_circles_or_more_ways_than_pages_is_not_supported() {
    let sample = sample();
    for number in 0..2_000_u16 {
        let condition = [&[2][..], &number.to_be_bytes(), &[0; 38]].concat();
        insert(&sample.database, 1, &condition, 10, None, 5);
    }
    let root = Roots::read(&PageReader::open(&sample.location).expect("supported").pages)
        .expect("seen")
        .by_key;
    let sound = fs::read(sample.location.database()).expect("read");
    let place = |page: u32| (page as usize - 1) * file::PAGE..page as usize * file::PAGE;
    let branch = &sound[place(root)];
    assert_eq!(branch[0], 2, "a branch");
    let places = children(branch);
    let child = |at: usize| u32::from_be_bytes(branch[at..at + 4].try_into().expect("four"));
    // The root as its own child, and a few branches that have the next branch as every child.
    let chain: Vec<_> = places.iter().take(6).map(|at| child(*at)).collect();
    for way in [vec![root, root], [vec![root], chain].concat()] {
        let mut file = sound.clone();
        for pages in way.windows(2) {
            let mut all_to_one = branch.to_vec();
            for at in &places {
                all_to_one[*at..at + 4].copy_from_slice(&pages[1].to_be_bytes());
            }
            file[place(pages[0])].copy_from_slice(&all_to_one);
        }
        fs::write(sample.location.database(), file).expect("written");
        let reader = PageReader::open(&sample.location).expect("supported");
        assert!(reader.entries(Key(Digest([1; 32]))).is_err());
    }
}

/// Where a branch of an index has the numbers of its children.
fn children(branch: &[u8]) -> Vec<usize> {
    let two = |at: usize| usize::from(u16::from_be_bytes([branch[at], branch[at + 1]]));
    (0..two(3)).map(|cell| two(12 + 2 * cell)).chain([8]).collect()
}
