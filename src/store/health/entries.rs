//! Examines the database: its format, its pages, and the checksum of every entry.

use super::finding::{Finding, Health, fault_of, ok, problem};
use super::objects;
use crate::entry::Entry;
use crate::key::{Digest, Key};
use crate::recording::{Body, Content};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::StoreLocation;
use crate::store::objects::directory::ObjectDirectory;
use crate::store::objects::owners::OwnedObject;
use crate::store::read::database::Database;
use crate::store::sqlite::codec::{self, OutputRow};
use crate::store::sqlite::schema;
use crate::store::sqlite::{connect, rows};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeSet;

/// The format, the pages and the entries, as far as each can be looked at.
pub(super) fn examine(location: &StoreLocation) -> Vec<Finding> {
    match location.check_database() {
        Ok(true) => {}
        Ok(false) => return vec![("format", ok("no database yet; the first run makes it"))],
        Err(_) => return Vec::new(),
    }
    let opened = connect::open_to_look(&location.database()).and_then(|connection| {
        let is_current = schema::is_current(&connection, &location.database())?;
        Ok((connection, is_current))
    });
    let (connection, is_current) = match opened {
        Ok(opened) => opened,
        Err(fault) => return vec![("format", fault_of(&fault))],
    };
    let format = if is_current { "up to date" } else { "older; the next run brings it up to date" };
    let pages = examine_pages(&connection, is_current);
    let mut findings = vec![("format", ok(format)), ("database", pages)];
    if is_current {
        let database = Database::of(location.clone(), connection);
        let store = Store::of(location.clone(), database);
        for (subject, found) in
            [("entries", store.examine_entries()), ("objects", objects::examine(&store))]
        {
            findings.push((subject, found.unwrap_or_else(|fault| fault_of(&fault))));
        }
    }
    findings
}

/// Whether SQLite finds its file in order, and the tables are ours.
fn examine_pages(connection: &Connection, is_current: bool) -> Health {
    let verdict = connect::check_pages(connection).and_then(|()| {
        if is_current && !schema::is_ours(connection)? {
            return Err(StoreError::Damaged("its tables were altered".to_owned()));
        }
        Ok(())
    });
    match verdict {
        Ok(()) => ok("passes the integrity check of SQLite"),
        Err(fault) => fault_of(&fault),
    }
}

/// This many entries are examined in one read transaction, so that writers need not wait long.
const AT_ONCE: u16 = 1000;

impl Store {
    /// Whether every entry matches its checksum.
    fn examine_entries(&self) -> Result<Health, StoreError> {
        let (mut next, mut all, mut damaged) = (Some(i64::MIN), 0_u64, 0_u64);
        let mut read = BTreeSet::new();
        // Others may store faster than we read.
        let sql = "SELECT coalesce(max(id), 0) FROM entry";
        let last = self.database.read_transaction()?.query_row(sql, [], |row| row.get(0))?;
        while let Some(first) = next {
            let examined = self.examine_some(first, last)?;
            next = examined.last().and_then(|(id, _)| id.checked_add(1));
            for (_, state) in examined {
                all += 1;
                damaged += u64::from(!match state {
                    EntryState::Checked(is_intact) => is_intact,
                    EntryState::HasMore(entry) => self.is_intact(&entry, &mut read)?,
                });
            }
        }
        Ok(match damaged {
            0 => ok(format!("{all}, all intact")),
            _ => problem(format!(
                "{damaged} of {all} are damaged; their commands run again, or run cachex clear"
            )),
        })
    }

    /// Examines some entries from this id on, up to the last one, and returns their ids and states.
    fn examine_some(&self, first: i64, last: i64) -> Result<Vec<(i64, EntryState)>, StoreError> {
        let connection = self.database.read_transaction()?;
        let sql =
            "SELECT id, condition, exit, created, elapsed, renewal_failed, output, length, seal, outputs, body, key
             FROM entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3";
        let state = |row: &Row<'_>| Ok((row.get(0)?, EntryState::of(row)?));
        rows::all(&connection, sql, params![first, last, AT_ONCE], state)
    }

    /// Whether an entry, its output, its files and its inputs are as they were stored, or the entry was removed
    /// meanwhile. Objects are read outside of transactions, and those of files only once: `read` has the digests of
    /// those known to be intact.
    fn is_intact(&self, entry: &Entry, read: &mut BTreeSet<[u8; 32]>) -> Result<bool, StoreError> {
        let has_inputs = entry.inputs.is_none() || self.listed_inputs(entry)?.is_some();
        if has_inputs && self.output(entry)?.is_some() && self.has_intact_files(entry, read)? {
            return Ok(true);
        }
        let variants = self.variants(&[entry.key])?;
        Ok(!variants.iter().any(|variant| variant.is_same_as(entry)))
    }

    fn has_intact_files(
        &self,
        entry: &Entry,
        read: &mut BTreeSet<[u8; 32]>,
    ) -> Result<bool, StoreError> {
        let files = OwnedObject::output_files(&*self.database.read_transaction()?, entry.id)?;
        if files.is_empty() {
            return Ok(true);
        }
        let Some(directory) = ObjectDirectory::open(&self.location)? else { return Ok(false) };
        for file in files {
            if !read.contains(&file.digest.0) && !file.is_intact(&directory)? {
                return Ok(false);
            }
            read.insert(file.digest.0);
        }
        Ok(true)
    }
}

/// The state of an entry, as far as its row shows it.
enum EntryState {
    /// The row is all there is, and this is whether it is intact.
    Checked(bool),
    /// Its output is in an object, it has files, or its run was traced. None of these was examined.
    HasMore(Box<Entry>),
}

impl EntryState {
    /// Reads the state from the columns that [`Store::examine_some`] selects.
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let key = row.get_ref(11)?.as_blob().ok().and_then(|key| key.try_into().ok());
        let entry = key.map_or(Ok(None), |key| codec::entry(row, Key(Digest(key))))?;
        let (Some(entry), Some(found)) = (entry, OutputRow::read(row, 6)?) else {
            return Ok(Self::Checked(false));
        };
        let is_all = entry.inputs.is_none() && found.outputs.is_none();
        let Some(frames) = found.body.filter(|_| is_all) else {
            return Ok(Self::HasMore(entry.into()));
        };
        let body = Body::new(Content::Memory(frames), found.length, found.output);
        Ok(Self::Checked(codec::checksum(&entry, found.output, &body, None) == found.checksum))
    }
}
