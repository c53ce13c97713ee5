//! The store: SQLite behind look-up, fill, list, clear and totals.
//!
//! A look-up mostly does without SQLite: it reads the pages of the file itself (`store::glance`).
//!
//! It knows nothing of time to live or of running commands. On disk it promises: a directory that
//! only its owner can enter, `cachex.db` (see `store::schema`), `outputs.db` (see `store::long`), `uses` (see `store::usage`),
//! `claims` (see `store::claim`) and `cachex.lock`, held while the database is set up. No
//! transaction stays open between two calls but for that of a look-up
//! ([`Store::hold`]), and looking up writes nothing. A fault of any kind is a
//! [`StoreError`]; none is a reason not to run the command.

mod aging;
mod claim;
mod clearing;
mod codec;
mod commands;
mod connection;
mod database;
mod evict;
mod fill;
mod glance;
mod gone;
mod health;
mod kept;
mod listing;
mod long;
mod notes;
mod parts;
mod place;
mod prune;
mod record_lock;
mod removal;
mod schema;
mod selection;
mod sought;
mod statistics;
mod usage;

pub use claim::{Claim, Claimed, Claims, Standing};
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
use database::Database;
use glance::Doubt;
use long::LongOutput;
use notes::Kind;
use place::Place;
use rusqlite::{ErrorCode, OptionalExtension, ffi, params};
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

impl StoreError {
    /// Whether it is what a failed read of stored output tells of.
    #[must_use]
    pub fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }
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
    database: Database,
}

impl Store {
    /// Opens the store in `directory`, setting it up when there is none.
    ///
    /// # Errors
    /// Why it cannot be used; [`StoreError::Damaged`] can be mended with [`Store::begin_anew`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let place = Place::prepare(directory)?;
        let database = Database::of(place.clone(), connection::open(&place)?);
        database.rest();
        Ok(Self { place, database })
    }

    /// The same for a look-up, which opens and locks the database only when something is read from it.
    ///
    /// # Errors
    /// When the place is not fit for a store.
    pub fn for_look_up(directory: &Path) -> Result<Self, StoreError> {
        let place = Place::prepare(directory)?;
        Ok(Self { database: Database::unopened(place.clone()), place })
    }

    /// Begins a look-up: all that is read until [`Store::rest`] is of this moment. Nobody can write until then, and it
    /// costs one lock instead of many.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn hold(&self) -> Result<(), StoreError> {
        self.database.hold()
    }

    /// Lets others write: for the end of a look-up, and before whatever may take longer.
    pub fn rest(&self) {
        self.database.rest();
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
        let glanced = self.database.glance(|glance| {
            keys.iter().map(|key| glance.entries(*key)).collect::<Result<Vec<_>, _>>()
        });
        let mut variants = match glanced {
            Ok(variants) => variants,
            Err(Doubt) => self.look_up(keys)?,
        };
        for of_key in &mut variants {
            of_key.sort_by_key(|entry| Reverse(entry.created));
        }
        Ok(variants.concat())
    }

    /// The entries of each key.
    fn look_up(&self, keys: &[Key]) -> Result<Vec<Vec<Entry>>, StoreError> {
        let moment = self.database.moment()?;
        let mut statement = moment.prepare(
            "SELECT id, condition, exit, created, elapsed, renewal_failed FROM entry WHERE key = ?1",
        )?;
        let mut of_key = |key: &Key| {
            let rows = statement.query_map([key.0.as_bytes()], |row| codec::entry(row, *key))?;
            rows.filter_map(|row| row.map_err(StoreError::from).transpose()).collect()
        };
        keys.iter().map(&mut of_key).collect()
    }

    /// The output of an entry, checked against its seal; `None` when it is damaged or gone.
    ///
    /// # Errors
    /// As SQLite.
    pub fn output(&self, entry: &Entry) -> Result<Option<Body>, StoreError> {
        let Some(row) = self.output_row(entry)? else { return Ok(None) };
        let (content, checksum) = if let Some(bytes) = row.body {
            let mut checksum = Checksummer::default();
            checksum.update(&bytes);
            (Content::Memory(bytes), checksum.finish())
        } else {
            self.rest();
            let Some(long) = LongOutput::of(&self.place, entry.id)? else { return Ok(None) };
            long.look_over()?
        };
        let body = Body { content, length: row.length, output: row.output, checksum };
        Ok((codec::seal(entry, &body) == row.seal).then_some(body))
    }

    fn output_row(&self, entry: &Entry) -> Result<Option<OutputRow>, StoreError> {
        if let Ok(row) = self.database.glance(|glance| glance.output(entry)) {
            return Ok(row);
        }
        let sql = "SELECT output, length, seal, body FROM entry WHERE id = ?1 AND key = ?2";
        let parameters = params![entry.id, entry.key.0.as_bytes()];
        let row = self.database.connection()?.query_row(sql, parameters, OutputRow::read);
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
        let transaction = connection::write(self.database.connection_mut()?, &self.place)?;
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
        let transaction = connection::write_at_once(self.database.connection_mut()?, &self.place)?;
        fill::remember(&transaction, learned)?;
        transaction.commit()?;
        Ok(())
    }
}

impl DigestMemory for Store {
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        self.hold().ok()?;
        let path_bytes = path.as_os_str().as_bytes();
        let noted = self.database.glance(|glance| glance.note(Kind::File, path_bytes));
        let value = noted.unwrap_or_else(|Doubt| {
            let moment = self.database.moment().ok()?;
            Some(notes::find(&moment, Kind::File, path_bytes).ok()??.value)
        });
        codec::checked_digest(path, stamp, &value?)
    }

    fn rest(&self) {
        self.rest();
    }
}
