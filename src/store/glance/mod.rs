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
#[cfg(test)]
mod tests;
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
        if !cfg!(target_os = "linux") {
            // Elsewhere SQLite takes its locks in other ways, too, by the file system.
            return Err(Doubt);
        }
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
