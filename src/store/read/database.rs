//! The database of a store. Its pages are read directly if possible, and through SQLite otherwise.
//!
//! Closing any descriptor of the file drops all POSIX locks that this process has on it. So a page reader and a
//! connection never exist at the same time.

use super::pages::reader::{PageReader, column};
use super::pages::unsupported::{PageResult, Unsupported};
use crate::entry::Entry;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use crate::store::sqlite::open::open;
use crate::store::sqlite::read_transaction::{self, ReadTransaction};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::{Cell, OnceCell, RefCell};
use std::io;

/// A column of entries that may be NULL, and its place among the columns.
#[derive(Clone, Copy, Debug)]
pub struct BlobColumn(&'static str, usize);

pub const OUTPUTS: BlobColumn = BlobColumn("outputs", column::OUTPUTS);
pub const INPUTS: BlobColumn = BlobColumn("inputs", column::INPUTS);

/// A database in the present format.
#[derive(Debug)]
pub struct Database {
    location: StoreLocation,
    reader: RefCell<Option<PageReader>>,
    connection: OnceCell<Connection>,
    /// Whether a wait for a connection has failed. There is no second wait.
    was_busy: Cell<bool>,
}

impl Database {
    /// A database that is opened by the first read or write.
    pub fn unopened(location: StoreLocation) -> Self {
        Self { location, reader: None.into(), connection: OnceCell::new(), was_busy: false.into() }
    }

    /// The database of a connection.
    pub fn of(location: StoreLocation, connection: Connection) -> Self {
        Self { connection: connection.into(), ..Self::unopened(location) }
    }

    /// Begins a look-up: until [`Database::release_read_lock`] all reads see one snapshot, and nobody can write.
    pub fn hold(&self) -> Result<(), StoreError> {
        if self.reader.borrow().is_some() || self.connection.get().is_some() {
            return Ok(());
        }
        if let Ok(reader) = PageReader::open(&self.location) {
            self.reader.replace(Some(reader));
            return Ok(());
        }
        self.connect().map(drop)
    }

    /// Lets others write.
    pub fn release_read_lock(&self) {
        self.reader.take();
        if let Some(connection) = self.connection.get() {
            read_transaction::end(connection);
        }
    }

    /// Reads from the pages, or through SQLite if the pages are not supported. All reads see one snapshot, that of the
    /// look-up if one is under way.
    pub fn read<T>(
        &self,
        from_pages: impl FnOnce(&PageReader) -> PageResult<T>,
        through_sqlite: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.read_pages(from_pages) {
            Ok(read) => Ok(read),
            Err(Unsupported) => through_sqlite(&*self.read_transaction()?),
        }
    }

    /// The blob in a column of an entry, if it is there.
    pub fn blob(
        &self,
        entry: &Entry,
        BlobColumn(name, place): BlobColumn,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(
            |pages| pages.blob(entry, place),
            |connection| {
                let sql = format!("SELECT {name} FROM entry WHERE id = ?1 AND key = ?2");
                let parameters = params![entry.id, entry.key.0.as_bytes()];
                Ok(connection.query_row(&sql, parameters, |row| row.get(0)).optional()?.flatten())
            },
        )
    }

    fn read_pages<T>(&self, read: impl FnOnce(&PageReader) -> PageResult<T>) -> PageResult<T> {
        match &*self.reader.borrow() {
            Some(reader) => read(reader),
            None if self.connection.get().is_none() => read(&PageReader::open(&self.location)?),
            None => Err(Unsupported),
        }
    }

    /// A connection outside any transaction.
    pub fn connection(&self) -> Result<&Connection, StoreError> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection);
        }
        let connection = self.connect()?;
        read_transaction::end(connection);
        Ok(connection)
    }

    /// A connection in a read transaction. If a look-up is under way, this is its transaction.
    pub fn read_transaction(&self) -> Result<ReadTransaction<'_>, StoreError> {
        if let Some(connection) = self.connection.get() {
            return ReadTransaction::of(connection);
        }
        Ok(ReadTransaction::begun(self.connect()?))
    }

    /// Opens a connection, which is in a read transaction.
    fn connect(&self) -> Result<&Connection, StoreError> {
        if self.was_busy.get() {
            return Err(StoreError::Busy);
        }
        // Closing the pages drops all locks of this process, so it must come first.
        self.reader.take();
        // The directory may have been removed while a command ran.
        let opened = StoreLocation::prepare(&self.location.directory).and_then(|it| open(&it));
        self.was_busy.set(matches!(opened, Err(StoreError::Busy)));
        let connection = opened?;
        Ok(self.connection.get_or_init(|| connection))
    }

    /// A connection for a write transaction. It may be in a read transaction until that begins.
    pub fn connection_mut(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.get().is_none() {
            self.connect()?;
        }
        self.connection.get_mut().ok_or_else(|| io::Error::other("it is not open").into())
    }
}
