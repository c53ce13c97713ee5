//! The page reader beside what SQLite finds in the same file.

use super::file;
use super::reader::{PageReader, Roots, column};
use crate::key::{Digest, Key};
use crate::store::location::StoreLocation;
use crate::store::sqlite::codec;
use crate::store::sqlite::notes::{self, Note, NoteKind};
use crate::store::sqlite::open;
use crate::time::Timestamp;
use proptest::prelude::*;
use rusqlite::{Connection, params};
use std::fs;
use tempfile::TempDir;

/// What SQLite finds of an entry, and what a glance shows.
type FoundRow = (i64, Vec<u8>, i64, i64, Option<i64>, i64, i64, [u8; 16], Option<Vec<u8>>);

/// A row to be stored under one of a few keys. Of some lengths the body is partly in other pages, and of
/// some the words push it there.
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
    place: StoreLocation,
    database: Connection,
}

fn sample() -> Sample {
    let directory = tempfile::tempdir().expect("made");
    let place = StoreLocation::prepare(directory.path()).expect("ours");
    let database = open::open(&place).expect("made");
    Sample { directory, place, database }
}

impl Sample {
    fn insert(&self, key: u8, condition: &[u8], words: usize, body: Option<usize>, at: i64) {
        let body = body.map(|length| (0..length).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>());
        self.database
            .execute(
                "INSERT OR REPLACE INTO entry (key, condition, command, exit, created, elapsed, used,
                     hits, renewal_failed, output, length, seal, arguments, words, body)
                 VALUES (?1, ?2, 1, ?3, ?4, ?5, 1, 1, ?6, ?7, ?8, ?9, x'', zeroblob(?10), ?11)",
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
                    body
                ],
            )
            .expect("inserted");
    }

    fn rows(&self, key: u8) -> Vec<FoundRow> {
        let mut statement = self
            .database
            .prepare(
                "SELECT id, condition, exit, created, renewal_failed, output, length, seal, body FROM entry
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
                row.get(8)?,
            ))
        });
        rows.expect("found").collect::<Result<_, _>>().expect("read")
    }
}

fn shown(glance: &PageReader, key: u8) -> Vec<FoundRow> {
    let mut entries = glance.entries(Key(Digest([key; 32]))).expect("no doubt");
    entries.sort_by_key(|entry| entry.id);
    let rows = entries.into_iter().map(|entry| {
        let output = glance.output(&entry).expect("no doubt").expect("written by us");
        let numbers = (output.output.cast_signed(), output.length.cast_signed());
        let condition = codec::encode_condition(entry.condition);
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
            output.body,
        )
    });
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_glance_shows_what_sqlite_finds(
        rows in proptest::collection::vec(row(), 0..120),
        notes in proptest::collection::btree_map(
            proptest::collection::vec(any::<u8>(), 0..40), 0..3_000_usize, 0..60),
        forgotten in 0..6_u8,
    ) {
        let sample = sample();
        for (key, condition, words, body, at) in rows {
            sample.insert(key, &condition, words, body, at);
        }
        let name = |(short, tail): (&Vec<u8>, &usize)| [&short[..], &vec![b'x'; *tail]].concat();
        for (place, note) in notes.iter().enumerate() {
            let kind = if place % 2 == 0 { NoteKind::File } else { NoteKind::Tombstone };
            let value = Note { at: Timestamp::from_millis(0), value: vec![7; place] };
            notes::put(&sample.database, kind, &name(note), &value).expect("put");
        }
        // What was removed leaves pages that hold nothing, and others that hold less.
        sample.database.execute("DELETE FROM entry WHERE key = ?1", [[forgotten; 32]]).expect("removed");

        let glance = PageReader::open(&sample.place).expect("no doubt");
        for key in 0..8 {
            prop_assert_eq!(shown(&glance, key), sample.rows(key));
        }
        for note in &notes {
            for kind in [NoteKind::File, NoteKind::Tombstone] {
                let found = notes::find(&sample.database, kind, &name(note)).expect("looked for");
                let seen = glance.note(kind, &name(note)).expect("no doubt");
                prop_assert_eq!(seen, found.map(|note| note.value));
            }
        }
        for kind in [NoteKind::Secret, NoteKind::Cleared, NoteKind::Tombstone, NoteKind::File] {
            let last = notes::last_name(&sample.database, kind).expect("looked for");
            prop_assert_eq!(glance.last_name(kind).expect("no doubt"), last);
        }
    }

    #[test]
    fn of_a_damaged_file_there_is_a_doubt_or_something_to_check_but_no_end(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let sample = sample();
        for number in 0..60_u8 {
            let condition = [&[2][..], &[number; 40]].concat();
            sample.insert(number % 6, &condition, 20, Some(usize::from(number) * 150), 5);
        }
        let path = sample.place.database();
        let mut bytes = fs::read(&path).expect("read");
        for (place, change) in changes {
            let place = 100 + place.index(bytes.len() - 100);
            bytes[place] ^= change;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).expect("written");
        if let Ok(glance) = PageReader::open(&sample.place) {
            for key in 0..6 {
                for entry in glance.entries(Key(Digest([key; 32]))).unwrap_or_default() {
                    let _ = glance.output(&entry);
                }
                let _ = glance.note(NoteKind::File, &[key]);
                let _ = glance.last_name(NoteKind::File);
            }
        }
    }
}

#[test]
fn columns_are_where_the_table_has_them() {
    use column::*;
    let sample = sample();
    let mut statement =
        sample.database.prepare("SELECT name FROM pragma_table_info('entry')").expect("prepared");
    let names = statement.query_map([], |row| row.get(0)).expect("listed");
    let names: Vec<String> = names.collect::<Result<_, _>>().expect("read");
    let read = [CONDITION, EXIT, CREATED, ELAPSED, RENEWAL_FAILED, OUTPUT, LENGTH, CHECKSUM, BODY];
    let expected = "condition exit created elapsed renewal_failed output length seal body";
    assert_eq!(read.map(|place| &*names[place]).join(" "), expected);
    assert_eq!(BODY, names.len() - 1, "what follows it would be read as part of it");
}

#[test]
fn whoever_writes_is_not_looked_over_the_shoulder() {
    let sample = sample();
    assert!(PageReader::open(&sample.place).is_ok());
    // Of another process: this one's own locks keep nothing out.
    sample.database.execute_batch("BEGIN IMMEDIATE; UPDATE note SET at = at + 1").expect("begun");
    assert!(sample.directory.path().join("cachex.db-journal").exists());
    assert!(PageReader::open(&sample.place).is_err());
}

#[test]
fn rows_that_just_fill_a_page_and_those_that_just_do_not() {
    let sample = sample();
    for length in 3_700..4_100_u16 {
        let condition = [&[2][..], &length.to_be_bytes(), &[0; 38]].concat();
        sample.insert(1, &condition, 10, Some(length.into()), 5);
    }
    let glance = PageReader::open(&sample.place).expect("no doubt");
    assert_eq!(shown(&glance, 1), sample.rows(1));
}

#[test]
fn a_tree_with_circles_or_more_ways_than_pages_is_a_doubt() {
    let sample = sample();
    for number in 0..2_000_u16 {
        let condition = [&[2][..], &number.to_be_bytes(), &[0; 38]].concat();
        sample.insert(1, &condition, 10, None, 5);
    }
    let root = Roots::read(&PageReader::open(&sample.place).expect("no doubt").pages)
        .expect("seen")
        .by_key;
    let sound = fs::read(sample.place.database()).expect("read");
    let place = |page: u32| (page as usize - 1) * file::PAGE..page as usize * file::PAGE;
    let branch = &sound[place(root)];
    assert_eq!(branch[0], 2, "a branch");
    let places = children(branch);
    let child = |at: usize| u32::from_be_bytes(branch[at..at + 4].try_into().expect("four"));
    // The root before itself; and a few branches, each before the next one in all places.
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
        fs::write(sample.place.database(), file).expect("written");
        let glance = PageReader::open(&sample.place).expect("no doubt");
        assert!(glance.entries(Key(Digest([1; 32]))).is_err());
    }
}

/// Where a branch of an index has the numbers of its children.
fn children(branch: &[u8]) -> Vec<usize> {
    let two = |at: usize| usize::from(u16::from_be_bytes([branch[at], branch[at + 1]]));
    (0..two(3)).map(|cell| two(12 + 2 * cell)).chain([8]).collect()
}
