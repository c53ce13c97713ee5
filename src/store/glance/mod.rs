//! A look-up without SQLite: what a hit needs, read straight from the file that SQLite keeps.
//!
//! To open a database, to parse its definitions and to compile two queries takes SQLite longer than all the
//! rest of a hit. The file format is documented and stable (<https://www.sqlite.org/fileformat2.html>), and so little
//! of it is needed: find a key in an index, fetch a row by its number. Nothing is ever written here.
//!
//! It is never wrong for these reasons. Readers and writers keep apart by the locks that SQLite itself
//! uses. Whatever is not as expected, from the header to the length of a cell, is a [`Doubt`], and then
//! SQLite is asked in its stead, which knows how to wait, roll back, migrate, or tell of damage. And what is
//! found goes through the same seals as what SQLite finds.

mod file;
mod record;
mod tree;

use super::codec::{EntryRow, OutputRow};
use super::notes::Kind;
use super::place::Place;
use super::schema;
use crate::entry::Entry;
use crate::key::Key;
use file::{Pages, SCHEMA};
use record::{Record, Value};
use rustix::io::Errno;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::io;
use std::num::TryFromIntError;
use tree::Payload;

/// Something that is to be left to SQLite. What it is does not matter.
#[derive(Debug)]
pub(super) struct Doubt;

impl From<io::Error> for Doubt {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl From<Errno> for Doubt {
    fn from(_: Errno) -> Self {
        Self
    }
}

impl From<TryFromIntError> for Doubt {
    fn from(_: TryFromIntError) -> Self {
        Self
    }
}

/// What is seen unless there is a doubt.
pub(super) type Seen<T> = Result<T, Doubt>;

/// The database as it is now: until this is dropped nobody can write to it.
#[derive(Debug)]
pub(super) struct Glance {
    pages: Pages,
    roots: OnceCell<Roots>,
}

/// The first pages of what is looked into.
#[derive(Clone, Copy, Debug)]
struct Roots {
    entries: u32,
    /// Entries by key and condition.
    by_key: u32,
    notes: u32,
}

/// The columns of `entry` that are read, by their places.
mod column {
    pub(super) const CONDITION: usize = 2;
    pub(super) const EXIT: usize = 4;
    pub(super) const CREATED: usize = 5;
    pub(super) const ELAPSED: usize = 6;
    pub(super) const RENEWAL_FAILED: usize = 10;
    pub(super) const OUTPUT: usize = 11;
    pub(super) const LENGTH: usize = 12;
    pub(super) const SEAL: usize = 13;
    pub(super) const BODY: usize = 19;
}

impl Glance {
    /// Looks at a database of the present format that nobody is writing to.
    pub(super) fn at(place: &Place) -> Seen<Self> {
        let pages = Pages::open(&place.database())?;
        if pages.application() != schema::CURRENT {
            return Err(Doubt);
        }
        Ok(Self { pages, roots: OnceCell::new() })
    }

    fn roots(&self) -> Seen<Roots> {
        if let Some(roots) = self.roots.get() {
            return Ok(*roots);
        }
        let roots = Roots::read(&self.pages)?;
        Ok(*self.roots.get_or_init(|| roots))
    }

    /// The entries of a key, in any order; those that cachex never wrote are left out.
    pub(super) fn entries(&self, key: Key) -> Seen<Vec<Entry>> {
        let roots = self.roots()?;
        let of_key = [Value::Blob(key.0.as_bytes())];
        let mut ids = Vec::new();
        tree::for_each_match(&self.pages, roots.by_key, &of_key, &mut |found| {
            ids.push(found.integer(2)?);
            Ok(())
        })?;
        let mut entries = Vec::new();
        for id in ids {
            let row = self.row(id)?.ok_or(Doubt)?;
            let row = Record::read(row.near())?;
            let row = EntryRow {
                id,
                condition: row.blob(column::CONDITION)?,
                exit: row.integer(column::EXIT)?,
                created: row.integer(column::CREATED)?,
                elapsed: row.integer(column::ELAPSED)?,
                renewal_failed: match row.value(column::RENEWAL_FAILED)? {
                    Value::Null => None,
                    Value::Integer(at) => Some(at),
                    _ => return Err(Doubt),
                },
            };
            entries.extend(row.entry(key));
        }
        Ok(entries)
    }

    /// The columns of an entry's output; `None` if cachex never wrote them.
    pub(super) fn output(&self, entry: &Entry) -> Seen<Option<OutputRow>> {
        let row = self.row(entry.id)?.ok_or(Doubt)?;
        let near = Record::read(row.near())?;
        let seal = near.blob(column::SEAL)?;
        let body = near.place_of_blob(column::BODY)?;
        let body = body.map(|place| row.end(&self.pages, place)).transpose()?;
        let (output, length) = (near.integer(column::OUTPUT)?, near.integer(column::LENGTH)?);
        Ok(OutputRow::new(output, length, seal, body))
    }

    /// The value of a note, if there is one of that name.
    pub(super) fn note(&self, kind: Kind, name: &[u8]) -> Seen<Option<Vec<u8>>> {
        let named = [Value::Integer(kind as i64), Value::Blob(name)];
        let mut value = None;
        tree::for_each_match(&self.pages, self.roots()?.notes, &named, &mut |found| {
            value = Some(found.blob(3)?.to_vec());
            Ok(())
        })?;
        Ok(value)
    }

    /// The name that is the last of a kind in order, if there is any.
    pub(super) fn last_name(&self, kind: Kind) -> Seen<Option<Vec<u8>>> {
        let of_kind = [Value::Integer(kind as i64)];
        let last = tree::last_match(&self.pages, self.roots()?.notes, &of_kind)?;
        last.map(|record| Ok(Record::read(&record)?.blob(1)?.to_vec())).transpose()
    }

    fn row(&self, id: i64) -> Seen<Option<Payload>> {
        tree::find(&self.pages, self.roots()?.entries, id)
    }
}

impl Roots {
    /// Reads the table of all tables and indexes: type, name, table, first page, definition. What its rows are
    /// called says what they are in this format.
    fn read(pages: &Pages) -> Seen<Self> {
        let mut found = [None; 3];
        tree::for_each_row(pages, SCHEMA, &mut |row| {
            let row = Record::read(row.near())?;
            let place = match row.text(1)? {
                b"entry" => 0,
                b"sqlite_autoindex_entry_1" => 1,
                b"note" => 2,
                _ => return Ok(()),
            };
            found[place] = u32::try_from(row.integer(3)?).ok();
            Ok(())
        })?;
        let [Some(entries), Some(by_key), Some(notes)] = found else { return Err(Doubt) };
        Ok(Self { entries, by_key, notes })
    }
}

/// How the first values of a record stand to those that are sought.
fn compare(record: &Record<'_>, sought: &[Value<'_>]) -> Seen<Ordering> {
    for (place, sought) in sought.iter().enumerate() {
        let order = match (record.value(place)?, sought) {
            (Value::Integer(found), Value::Integer(sought)) => found.cmp(sought),
            (Value::Blob(found), Value::Blob(sought)) => found.cmp(sought),
            _ => return Err(Doubt),
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Digest;
    use crate::store::connection;
    use crate::store::notes::{self, Note};
    use crate::time::Timestamp;
    use proptest::prelude::*;
    use rusqlite::{Connection, params};
    use std::fs;
    use tempfile::TempDir;

    /// What SQLite finds of an entry, and what a glance shows.
    type Row = (i64, Vec<u8>, i64, i64, Option<i64>, i64, i64, [u8; 16], Option<Vec<u8>>);

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
        (0..6_u8, condition, words, proptest::option::of(length), any::<i64>())
    }

    struct Sample {
        directory: TempDir,
        place: Place,
        database: Connection,
    }

    fn sample() -> Sample {
        let directory = tempfile::tempdir().expect("made");
        let place = Place::prepare(directory.path()).expect("ours");
        let database = connection::open(&place).expect("made");
        Sample { directory, place, database }
    }

    impl Sample {
        fn insert(&self, key: u8, condition: &[u8], words: usize, body: Option<usize>, at: i64) {
            let body =
                body.map(|length| (0..length).map(|n| n.to_le_bytes()[0]).collect::<Vec<_>>());
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
                        at % 1000,
                        at % 70_000,
                        [key; 16],
                        i64::try_from(words).expect("small"),
                        body
                    ],
                )
                .expect("inserted");
        }

        fn rows(&self, key: u8) -> Vec<Row> {
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

    fn shown(glance: &Glance, key: u8) -> Vec<Row> {
        let mut entries = glance.entries(Key(Digest([key; 32]))).expect("no doubt");
        entries.sort_by_key(|entry| entry.id);
        let rows = entries.into_iter().map(|entry| {
            let output = glance.output(&entry).expect("no doubt").expect("written by us");
            let numbers = (output.output.cast_signed(), output.length.cast_signed());
            let condition = crate::store::codec::encode_condition(entry.condition);
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
                output.seal,
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
                let at = at.unsigned_abs() >> 1;
                sample.insert(key, &condition, words, body, at.cast_signed());
            }
            let name = |(short, tail): (&Vec<u8>, &usize)| [&short[..], &vec![b'x'; *tail]].concat();
            for (place, note) in notes.iter().enumerate() {
                let kind = if place % 2 == 0 { Kind::File } else { Kind::Gone };
                let value = Note { at: Timestamp::from_millis(0), value: vec![7; place] };
                notes::put(&sample.database, kind, &name(note), &value).expect("put");
            }
            // What was removed leaves pages that hold nothing, and others that hold less.
            sample.database.execute("DELETE FROM entry WHERE key = ?1", [[forgotten; 32]]).expect("removed");

            let glance = Glance::at(&sample.place).expect("no doubt");
            for key in 0..8 {
                prop_assert_eq!(shown(&glance, key), sample.rows(key));
            }
            for note in &notes {
                for kind in [Kind::File, Kind::Gone] {
                    let found = notes::find(&sample.database, kind, &name(note)).expect("looked for");
                    let seen = glance.note(kind, &name(note)).expect("no doubt");
                    prop_assert_eq!(seen, found.map(|note| note.value));
                }
            }
            for kind in [Kind::Secret, Kind::Cleared, Kind::Gone, Kind::File] {
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
            if let Ok(glance) = Glance::at(&sample.place) {
                for key in 0..6 {
                    for entry in glance.entries(Key(Digest([key; 32]))).unwrap_or_default() {
                        let _ = glance.output(&entry);
                    }
                    let _ = glance.note(Kind::File, &[key]);
                    let _ = glance.last_name(Kind::File);
                }
            }
        }
    }

    #[test]
    fn columns_are_where_the_table_has_them() {
        use column::*;
        let sample = sample();
        let mut statement = sample
            .database
            .prepare("SELECT name FROM pragma_table_info('entry')")
            .expect("prepared");
        let names = statement.query_map([], |row| row.get(0)).expect("listed");
        let names: Vec<String> = names.collect::<Result<_, _>>().expect("read");
        let read = [CONDITION, EXIT, CREATED, ELAPSED, RENEWAL_FAILED, OUTPUT, LENGTH, SEAL, BODY];
        let expected = "condition exit created elapsed renewal_failed output length seal body";
        assert_eq!(read.map(|place| &*names[place]).join(" "), expected);
        assert_eq!(BODY, names.len() - 1, "what follows it would be read as part of it");
    }

    #[test]
    fn whoever_writes_is_not_looked_over_the_shoulder() {
        let sample = sample();
        assert!(Glance::at(&sample.place).is_ok());
        // Of another process: this one's own locks keep nothing out.
        sample
            .database
            .execute_batch("BEGIN IMMEDIATE; UPDATE note SET at = at + 1")
            .expect("begun");
        assert!(sample.directory.path().join("cachex.db-journal").exists());
        assert!(Glance::at(&sample.place).is_err());
    }
}
