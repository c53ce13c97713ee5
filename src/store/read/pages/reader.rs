//! Looks entries and notes up in the pages of the database, without SQLite.
//!
//! SQLite takes longer to open a database, parse its definitions and compile two queries than the rest of a hit takes.
//! The file format is documented and stable (<https://www.sqlite.org/fileformat2.html>), and a look-up needs little of
//! it: find a key in an index, fetch a row by its number. This module writes nothing.
//!
//! Three things keep it right. SQLite's own locks keep readers and writers apart. Everything unexpected, from the header
//! to the length of a cell, is [`Unsupported`], and SQLite is asked instead: it can wait, roll back, migrate, or report
//! damage. And the same checksums are compared as for rows that SQLite finds.

use super::file::{Pages, SCHEMA};
use super::record::{PageRecord, PageValue};
use super::tree::{self, Payload};
use super::unsupported::{PageResult, Unsupported};
use crate::entry::Entry;
use crate::key::Key;
use crate::store::location::StoreLocation;
use crate::store::objects::owners::{OUTPUT_PLACE, OutputObject};
use crate::store::sqlite::codec::{EntryRow, OutputRow};
use crate::store::sqlite::notes::{self, NoteKind};
use crate::store::sqlite::schema;
use std::cell::OnceCell;

/// A snapshot of the database. Nobody can write to it until this is dropped.
#[derive(Debug)]
pub struct PageReader {
    pub(super) pages: Pages,
    roots: OnceCell<Roots>,
}

/// The first pages of the tables and indexes that are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roots {
    entries: u32,
    /// Entries by key and condition.
    pub(super) by_key: u32,
    notes: u32,
    objects: u32,
}

/// The indexes of the columns of `entry` that are read.
pub(in crate::store::read) mod column {
    pub(in crate::store::read) const CONDITION: usize = 2;
    pub(in crate::store::read) const EXIT: usize = 4;
    pub(in crate::store::read) const CREATED: usize = 5;
    pub(in crate::store::read) const ELAPSED: usize = 6;
    pub(in crate::store::read) const RENEWAL_FAILED: usize = 10;
    pub(in crate::store::read) const OUTPUT: usize = 11;
    pub(in crate::store::read) const LENGTH: usize = 12;
    pub(in crate::store::read) const CHECKSUM: usize = 13;
    pub(in crate::store::read) const OUTPUTS: usize = 19;
    pub(in crate::store::read) const INPUTS: usize = 20;
    pub(in crate::store::read) const BODY: usize = 21;
}

impl PageReader {
    /// Opens a database of the present format, unless somebody is writing to it.
    pub fn open(location: &StoreLocation) -> PageResult<Self> {
        if !cfg!(target_os = "linux") {
            // On other systems SQLite may lock in other ways, depending on the file system.
            return Err(Unsupported);
        }
        let pages = Pages::open(&location.database())?;
        if i64::from(pages.application) != schema::CURRENT {
            return Err(Unsupported);
        }
        Ok(Self { pages, roots: OnceCell::new() })
    }

    fn roots(&self) -> PageResult<Roots> {
        if let Some(roots) = self.roots.get() {
            return Ok(*roots);
        }
        let roots = Roots::read(&self.pages)?;
        Ok(*self.roots.get_or_init(|| roots))
    }

    /// The entries of a key, in any order. Rows that cachex never wrote are left out.
    pub fn entries(&self, key: Key) -> PageResult<Vec<Entry>> {
        let roots = self.roots()?;
        let of_key = [PageValue::Blob(key.0.as_bytes())];
        let mut ids = Vec::new();
        tree::for_each_match(&self.pages, roots.by_key, &of_key, &mut |found| {
            ids.push(found.integer(2)?);
            Ok(())
        })?;
        let mut entries = Vec::new();
        for id in ids {
            let row = self.row(id)?.ok_or(Unsupported)?;
            let row = PageRecord::read(row.near())?;
            let row = EntryRow {
                id,
                condition: row.blob(column::CONDITION)?,
                exit: row.integer(column::EXIT)?,
                created: row.integer(column::CREATED)?,
                elapsed: row.integer(column::ELAPSED)?,
                renewal_failed: match row.value(column::RENEWAL_FAILED)? {
                    PageValue::Null => None,
                    PageValue::Integer(at) => Some(at),
                    _ => return Err(Unsupported),
                },
            };
            entries.extend(row.entry(key));
        }
        Ok(entries)
    }

    /// The columns of an entry's output; `None` if cachex never wrote them.
    pub fn output(&self, entry: &Entry) -> PageResult<Option<OutputRow>> {
        let row = self.row(entry.id)?.ok_or(Unsupported)?;
        let near = PageRecord::read(row.near())?;
        let checksum = near.blob(column::CHECKSUM)?;
        let outputs = near.place_of_blob(column::OUTPUTS)?;
        let outputs = outputs.map(|place| row.part(&self.pages, place)).transpose()?;
        let body = near.place_of_blob(column::BODY)?;
        let body = body.map(|place| row.end(&self.pages, place)).transpose()?;
        let (output, length) = (near.integer(column::OUTPUT)?, near.integer(column::LENGTH)?);
        Ok(OutputRow::new(output, length, checksum, outputs, body))
    }

    /// The blob in this column of an entry, if there is one.
    pub fn blob(&self, entry: &Entry, column: usize) -> PageResult<Option<Vec<u8>>> {
        let row = self.row(entry.id)?.ok_or(Unsupported)?;
        let place = PageRecord::read(row.near())?.place_of_blob(column)?;
        place.map(|place| row.part(&self.pages, place)).transpose()
    }

    /// The object that holds the output of an entry, if there is one.
    pub fn output_object(&self, entry: i64) -> PageResult<Option<OutputObject>> {
        let place = [PageValue::Integer(entry), PageValue::Integer(OUTPUT_PLACE)];
        let mut object = None;
        tree::for_each_match(&self.pages, self.roots()?.objects, &place, &mut |found| {
            object = OutputObject::new(found.blob(2)?, found.integer(4)?);
            Ok(())
        })?;
        Ok(object)
    }

    /// The value of a note, if there is one of that name.
    pub fn note(&self, kind: NoteKind, name: &[u8]) -> PageResult<Option<Vec<u8>>> {
        let named = [PageValue::Integer(kind as i64), PageValue::Blob(name)];
        let mut value = None;
        tree::for_each_match(&self.pages, self.roots()?.notes, &named, &mut |found| {
            value = Some(notes::checked(kind, name, found.blob(3)?).ok_or(Unsupported)?);
            Ok(())
        })?;
        Ok(value)
    }

    /// The last name of the notes of a kind, if there is any.
    pub fn last_name(&self, kind: NoteKind) -> PageResult<Option<Vec<u8>>> {
        let of_kind = [PageValue::Integer(kind as i64)];
        let last = tree::last_match(&self.pages, self.roots()?.notes, &of_kind)?;
        let Some(record) = last else { return Ok(None) };
        let record = PageRecord::read(&record)?;
        let name = record.blob(1)?;
        notes::checked(kind, name, record.blob(3)?).ok_or(Unsupported)?;
        Ok(Some(name.to_vec()))
    }

    fn row(&self, id: i64) -> PageResult<Option<Payload>> {
        tree::find(&self.pages, self.roots()?.entries, id)
    }
}

impl Roots {
    /// Reads the first pages from the table of all tables and indexes: type, name, table, first page, definition.
    pub(super) fn read(pages: &Pages) -> PageResult<Self> {
        let mut found = [None; 4];
        tree::for_each_row(pages, SCHEMA, &mut |row| {
            let row = PageRecord::read(row.near())?;
            let place = match row.value(1)? {
                PageValue::Text(b"entry") => 0,
                PageValue::Text(b"sqlite_autoindex_entry_1") => 1,
                PageValue::Text(b"note") => 2,
                PageValue::Text(b"object") => 3,
                _ => return Ok(()),
            };
            found[place] = u32::try_from(row.integer(3)?).ok();
            Ok(())
        })?;
        let [Some(entries), Some(by_key), Some(notes), Some(objects)] = found else {
            return Err(Unsupported);
        };
        Ok(Self { entries, by_key, notes, objects })
    }
}
