//! The store: SQLite behind look-up, fill, list, clear and totals.
//!
//! It knows nothing of time to live or of running commands. On disk it promises: a directory that
//! only its owner can enter, `cachex.db` (see `store::schema`), `outputs.db` (see `store::long`), `uses` (see `store::usage`),
//! `claims` (see `store::claim`) and `cachex.lock`, held while the database is set up. No
//! transaction stays open between two calls but for that of a look-up
//! ([`Store::open_for_look_up`]), and looking up writes nothing. A fault of any kind is a
//! [`StoreError`]; none is a reason not to run the command.

mod aging;
mod claim;
mod clearing;
mod codec;
mod commands;
mod connection;
mod evict;
mod fill;
mod gone;
mod health;
mod kept;
mod listing;
mod long;
mod notes;
mod parts;
mod place;
mod prune;
mod removal;
mod schema;
mod selection;
mod sought;
mod statistics;
mod usage;

pub use claim::{Claim, Claimed, Claims};
pub use clearing::Clearings;
pub use fill::{Filled, Limits};
pub use gone::Gone;
pub use health::{Finding, Health, examine};
pub use parts::Relative;
pub use prune::{DEFAULT_MAX_SIZE, Leftover, leftovers};
pub use removal::Cleared;
pub use selection::{Calls, Matching, Selection};
pub use statistics::{Statistics, Totals};

use crate::entry::Entry;
use crate::key::{Digest, DigestMemory, Key, LearnedDigest, Stamp};
use crate::recording::{Body, Checksummer, Content};
use crate::terminal::escape_os;
use crate::time::Timestamp;
use codec::OutputRow;
use long::LongOutput;
use notes::Kind;
use place::Place;
use rusqlite::{Connection, ErrorCode, OptionalExtension, ffi, params};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The place is not fit for a store.
    #[error("{}: {problem}; {advice}", escape_os(path.as_os_str()))]
    Unfit {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What the user can do.
        advice: String,
    },
    /// A newer cachex wrote it.
    #[error("{}: written by a newer cachex (format {found}); upgrade, or use another --cache-dir", escape_os(path.as_os_str()))]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// It holds something that SQLite or cachex never wrote.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Somebody holds it for too long.
    #[error("the store is busy: another process holds it")]
    Busy,
    /// A write was cut short, and only a writer can make that good.
    #[error("a write was interrupted; the next run makes that good")]
    Interrupted,
    /// Everything else that SQLite reports.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// Everything else that the system reports.
    #[error("the store failed: {0}")]
    Io(#[from] io::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // Our statements are right for the schema, and what we wrote has the right types.
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown,
            )
            | None => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            // Another process set it aside while we used it.
            _ if error.sqlite_error().is_some_and(|error| is_gone(error.extended_code)) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Whether there is no room left.
    fn is_of_a_full_disk(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }
}

fn is_gone(code: i32) -> bool {
    matches!(code, ffi::SQLITE_READONLY_DBMOVED | ffi::SQLITE_IOERR_DELETE_NOENT)
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    place: Place,
    connection: Connection,
    /// Short outputs of the entries that were looked up last, by their numbers.
    at_hand: RefCell<Vec<(i64, OutputRow)>>,
}

/// Output up to this length, in bytes, is read with its entry: one statement less for most hits.
const AT_HAND: i64 = 4 << 10;

impl Store {
    /// Opens the store in `directory`, setting it up when there is none.
    ///
    /// # Errors
    /// Why it cannot be used; [`StoreError::Damaged`] can be mended with [`Store::begin_anew`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let store = Self::open_for_look_up(directory)?;
        store.rest();
        Ok(store)
    }

    /// The same, and all that is read until [`Store::rest`] is of this moment: nobody can write until
    /// then, and it costs one lock instead of many.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_for_look_up(directory: &Path) -> Result<Self, StoreError> {
        let place = Place::prepare(directory)?;
        let connection = connection::open(&place)?;
        Ok(Self::new(place, connection))
    }

    fn new(place: Place, connection: Connection) -> Self {
        Self { place, connection, at_hand: RefCell::default() }
    }

    /// Lets others write: for the end of a look-up, and before whatever may take longer.
    pub fn rest(&self) {
        // From now on it may be cleared.
        self.at_hand.take();
        connection::rest(&self.connection);
    }

    /// Leaves the tidying up to the end of the process, which is about to come: it takes longer than
    /// a look-up.
    pub fn leave(self) {
        self.rest();
        std::mem::forget(self);
    }

    /// Sets a damaged store in `directory` aside and begins a new one.
    ///
    /// # Errors
    /// Why that cannot be done.
    pub fn begin_anew(directory: &Path) -> Result<Self, StoreError> {
        let place = Place::prepare(directory)?;
        connection::set_aside(&place)?;
        Self::open(directory)
    }

    /// Whether hits can be served and nothing can be stored.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        !self.place.is_writable()
    }

    /// Where recordings too long for memory can be kept for a while.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// The entries of these keys, those of the first one first, and of each the newest first.
    ///
    /// # Errors
    /// As SQLite.
    pub fn variants(&self, keys: &[Key]) -> Result<Vec<Entry>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT id, condition, exit, created, elapsed, renewal_failed,
                    output, length, seal, iif(length <= ?2, body, NULL)
             FROM entry WHERE key = ?1",
        )?;
        let mut entries = Vec::new();
        let mut at_hand = Vec::new();
        for key in keys {
            let first = entries.len();
            let mut rows = statement.query(params![key.0.as_bytes(), AT_HAND])?;
            while let Some(row) = rows.next()? {
                let Some(entry) = codec::entry(row, *key)? else { continue };
                if let Some(output) = OutputRow::read(row, 6)?.filter(|row| row.body.is_some()) {
                    at_hand.push((entry.id, output));
                }
                entries.push(entry);
            }
            entries[first..].sort_by_key(|entry: &Entry| Reverse(entry.created));
        }
        self.at_hand.replace(at_hand);
        Ok(entries)
    }

    /// The output of an entry, checked against its seal; `None` when it is damaged or gone.
    ///
    /// # Errors
    /// As SQLite.
    pub fn output(&self, entry: &Entry) -> Result<Option<Body>, StoreError> {
        let moment = connection::reading(&self.connection)?;
        let Some(row) = self.output_row(entry)? else { return Ok(None) };
        let (content, checksum) = if let Some(bytes) = row.body {
            let mut checksum = Checksummer::default();
            checksum.update(&bytes);
            (Content::Memory(bytes), checksum.finish())
        } else {
            drop(moment);
            self.rest();
            let Some(long) = LongOutput::of(&self.place, entry.id)? else { return Ok(None) };
            let checksum = long.checksum()?;
            (Content::Stored(Box::new(long)), checksum)
        };
        let body = Body { content, length: row.length, output: row.output, checksum };
        Ok((codec::seal(entry, &body) == row.seal).then_some(body))
    }

    fn output_row(&self, entry: &Entry) -> Result<Option<OutputRow>, StoreError> {
        let mut at_hand = self.at_hand.borrow_mut();
        if let Some(at) = at_hand.iter().position(|(id, _)| *id == entry.id) {
            return Ok(Some(at_hand.swap_remove(at).1));
        }
        let sql = "SELECT output, length, seal, body FROM entry WHERE id = ?1 AND key = ?2";
        let parameters = params![entry.id, entry.key.0.as_bytes()];
        let row = self.connection.query_row(sql, parameters, |row| OutputRow::read(row, 0));
        Ok(row.optional()?.flatten())
    }

    /// Notes that an entry was replayed. It is a note: losing it costs a little precision.
    pub fn note_use(&self, entry: &Entry) {
        usage::note(&self.place, entry.id);
    }

    /// Notes that an entry could not be renewed.
    ///
    /// # Errors
    /// As SQLite.
    pub fn note_failed_renewal(&mut self, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
        let transaction = connection::write(&mut self.connection, &self.place)?;
        transaction.execute(
            "UPDATE entry SET renewal_failed = ?3 WHERE id = ?1 AND key = ?2 AND created = ?4",
            params![entry.id, entry.key.0.as_bytes(), now.as_millis(), entry.created.as_millis()],
        )?;
        Ok(transaction.commit()?)
    }

    /// Remembers digests of files, unless somebody else is writing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn remember(&mut self, learned: &[LearnedDigest]) -> Result<(), StoreError> {
        if learned.is_empty() || self.is_read_only() {
            return Ok(());
        }
        let transaction = connection::write_at_once(&mut self.connection, &self.place)?;
        fill::remember(&transaction, learned)?;
        transaction.commit()?;
        Ok(())
    }
}

impl DigestMemory for Store {
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let path_bytes = path.as_os_str().as_bytes();
        let note = notes::find(&self.connection, Kind::File, path_bytes).ok()??;
        codec::checked_digest(path, stamp, &note.value)
    }

    fn rest(&self) {
        self.rest();
    }
}
