//! The handle of a store: opening it, and look-ups.
//!
//! `write` adds the methods that change the store, and `query` those that answer the verbs.

use super::error::StoreError;
use super::location::StoreLocation;
use super::objects::directory::ObjectDirectory;
use super::objects::owners::OutputObject;
use super::objects::sweep;
use super::read::database::Database;
use super::remote_uses::RemoteUses;
use super::sqlite::codec::{self, OutputRow};
use super::sqlite::notes::{NoteKind, Notes};
use super::sqlite::transaction::{self, Purpose};
use super::sqlite::{open, repair, rows};
use crate::entry::Entry;
use crate::key::{Digest, DigestMemory, Key, Stamp};
use crate::recording::{BlockFile, Body, Content};
use crate::terminal::Notices;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use std::cell::{Cell, OnceCell};
use std::cmp::Reverse;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An open store.
#[derive(Debug)]
pub struct Store {
    pub(super) location: StoreLocation,
    pub(super) database: Database,
    /// Opened when the first output file is read.
    pub(super) objects: OnceCell<ObjectDirectory>,
    /// What the next fill adds to what calls had of a remote.
    pub(super) pending_uses: Cell<RemoteUses>,
}

impl Store {
    /// Opens the store in `directory`, setting it up when there is none.
    ///
    /// # Errors
    /// When the store cannot be used. [`StoreError::Damaged`] can be mended with [`Store::begin_anew`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let location = StoreLocation::prepare(directory)?;
        let database = Database::of(location.clone(), open::open(&location)?);
        database.release_read_lock();
        Ok(Self::of(location, database))
    }

    /// Opens the store for a look-up. The database is opened and locked only when something is read from it.
    ///
    /// # Errors
    /// When the directory is not fit for a store.
    pub fn for_look_up(directory: &Path) -> Result<Self, StoreError> {
        let location = StoreLocation::prepare(directory)?;
        let database = Database::unopened(location.clone());
        Ok(Self::of(location, database))
    }

    pub(super) fn of(location: StoreLocation, database: Database) -> Self {
        Self { location, database, objects: OnceCell::new(), pending_uses: Cell::default() }
    }

    /// Sets a damaged store in `directory` aside and begins a new one.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn begin_anew(directory: &Path) -> Result<Self, StoreError> {
        let location = StoreLocation::prepare(directory)?;
        repair::set_aside(&location)?;
        let mut anew = Self::open(directory)?;
        // No entry owns the objects of the former database any more.
        sweep::sweep(anew.database.connection_mut()?, &anew.location)?;
        Ok(anew)
    }

    /// Does some work on the store. One that turns out to be damaged is set aside, and the work is done on a new one.
    ///
    /// # Errors
    /// When the work fails, or there cannot be a new store.
    pub fn mended<T>(
        &mut self,
        notices: &Notices,
        mut work: impl FnMut(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // The new one may fail again, while other processes set it aside too.
        const ATTEMPTS: usize = 5;
        let mut done = work(self);
        for _ in 1..ATTEMPTS {
            let Err(StoreError::Damaged(what)) = &done else { break };
            notices.warn(&format_args!("the store was damaged ({what}); started a new one"));
            self.release_read_lock();
            *self = Self::begin_anew(self.directory())?;
            done = work(self);
        }
        done
    }

    /// Begins a look-up: all reads until [`Store::release_read_lock`] see one snapshot of the database, under one lock
    /// instead of many. Nobody can write meanwhile.
    ///
    /// # Errors
    /// When the store cannot be used, as for [`Store::open`].
    pub fn hold(&self) -> Result<(), StoreError> {
        self.database.hold()
    }

    /// Lets others write again. Call this at the end of a look-up, and before anything that may take long.
    pub fn release_read_lock(&self) {
        self.database.release_read_lock();
    }

    /// Leaves the database open until the process ends, which is about to happen: closing it takes longer than a
    /// look-up.
    pub fn skip_cleanup(self) {
        self.release_read_lock();
        self.append_pending_uses();
        std::mem::forget(self);
    }

    /// Whether hits can be served but nothing can be stored.
    pub fn is_read_only(&self) -> bool {
        !self.location.is_writable()
    }

    /// The directory of the store. Recordings that are too long for memory are kept there during a run.
    pub fn directory(&self) -> &Path {
        &self.location.directory
    }

    /// The entries of these keys, in the order of the keys, and the newest first for each key.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn variants(&self, keys: &[Key]) -> Result<Vec<Entry>, StoreError> {
        let mut variants = self.database.read(
            |pages| keys.iter().map(|key| pages.entries(*key)).collect::<Result<Vec<_>, _>>(),
            |connection| entries(connection, keys),
        )?;
        for of_key in &mut variants {
            of_key.sort_by_key(|entry| Reverse(entry.created));
        }
        Ok(variants.concat())
    }

    /// The output of an entry; `None` when the entry was removed or its output does not match its checksum.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn output(&self, entry: &Entry) -> Result<Option<Body>, StoreError> {
        // The object is opened while nobody can write, so that it belongs to this row.
        let found = self.database.read(
            |pages| {
                let Some(row) = pages.output(entry)? else { return Ok(None) };
                let object = if row.body.is_none() { pages.output_object(entry.id)? } else { None };
                Ok(Some((row, self.opened(object))))
            },
            |connection| {
                let Some(row) = output_row(connection, entry)? else { return Ok(None) };
                let object = OutputObject::of_entry(connection, entry.id)?;
                Ok(Some((row, self.opened(object))))
            },
        )?;
        let Some((OutputRow { output, length, checksum, outputs, body }, object)) = found else {
            return Ok(None);
        };
        let content = match (body, object?) {
            (Some(frames), _) => Content::Memory(frames),
            (None, Some((OutputObject { digest, streams }, file))) => {
                self.release_read_lock();
                let Ok(file) = BlockFile::read(file, length, streams, digest) else {
                    return Ok(None);
                };
                Content::File(file)
            }
            (None, None) => return Ok(None),
        };
        let body = Body::new(content, length, output);
        let expected = codec::checksum(entry, output, &body, outputs.as_deref());
        Ok((expected == checksum).then_some(body))
    }

    /// An object and its file, if it is there.
    fn opened(
        &self,
        object: Option<OutputObject>,
    ) -> Result<Option<(OutputObject, File)>, StoreError> {
        let Some(object) = object else { return Ok(None) };
        let Some(directory) = ObjectDirectory::open(&self.location)? else { return Ok(None) };
        Ok(directory.read(object.digest)?.map(|file| (object, file)))
    }

    /// Does some work in a write transaction.
    pub(super) fn write<T>(
        &mut self,
        purpose: Purpose,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.database.connection_mut()?;
        let transaction = transaction::write(connection, &self.location, purpose)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The value of a note, if there is one of that name.
    pub(super) fn note(&self, kind: NoteKind, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.read(
            |pages| pages.note(kind, name),
            |connection| Ok(Notes::of(connection, kind).find(name)?.map(|note| note.value)),
        )
    }

    /// Records that an entry could not be renewed.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn note_failed_renewal(&mut self, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
        self.set(entry, "renewal_failed", &now.as_millis(), Purpose::Storing)
    }

    /// Sets a column of an entry, if that is still there.
    pub(super) fn set(
        &mut self,
        entry: &Entry,
        column: &str,
        value: &dyn ToSql,
        purpose: Purpose,
    ) -> Result<(), StoreError> {
        let sql =
            format!("UPDATE entry SET {column} = ?3 WHERE id = ?1 AND key = ?2 AND created = ?4");
        let (key, created) = (entry.key.0.as_bytes(), entry.created.as_millis());
        self.write(purpose, |transaction| {
            transaction.execute(&sql, params![entry.id, key, value, created])?;
            Ok(())
        })
    }
}

/// The entries of each key.
fn entries(connection: &Connection, keys: &[Key]) -> Result<Vec<Vec<Entry>>, StoreError> {
    let sql =
        "SELECT id, condition, exit, created, elapsed, renewal_failed FROM entry WHERE key = ?1";
    let of_key = |key: &Key| {
        let found = rows::all(connection, sql, [key.0.as_bytes()], |row| codec::entry(row, *key))?;
        Ok(found.into_iter().flatten().collect())
    };
    keys.iter().map(of_key).collect()
}

fn output_row(connection: &Connection, entry: &Entry) -> Result<Option<OutputRow>, StoreError> {
    let sql = "SELECT output, length, seal, outputs, body FROM entry WHERE id = ?1 AND key = ?2";
    let parameters = params![entry.id, entry.key.0.as_bytes()];
    let row = connection.query_row(sql, parameters, |row| OutputRow::read(row, 0));
    Ok(row.optional()?.flatten())
}

impl DigestMemory for Store {
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        self.hold().ok()?;
        let value = self.note(NoteKind::File, path.as_os_str().as_bytes()).ok()??;
        codec::checked_digest(path, stamp, &value)
    }

    fn release_read_lock(&self) {
        self.release_read_lock();
    }
}
