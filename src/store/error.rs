//! Why the store cannot be used.
//!
//! SQLite's error codes are sorted here by what a caller can do: set the store aside, wait, or run uncached.

use crate::private_directory::NotPrivate;
use crate::terminal::escape_os;
use rusqlite::{ErrorCode, ffi};
use std::io;
use std::path::{Path, PathBuf};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory or a file in it is not fit for a store.
    #[error("{}", with_advice(.0))]
    Unfit(#[from] NotPrivate),
    /// A newer cachex wrote it.
    #[error("{}: written by a newer cachex (format {found}); upgrade, or use another --cache-dir", escape_os(path.as_os_str()))]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// It is damaged: neither SQLite nor cachex wrote what it holds.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Another process holds its lock for too long.
    #[error("the store is busy: another process holds it")]
    Busy,
    /// A write was cut short, and only a writer can roll it back.
    #[error("a write was interrupted; the next run repairs it")]
    Interrupted,
    /// SQLite does not say why.
    #[error("the store failed: a file of it cannot be opened; cachex doctor may tell why")]
    Unopenable,
    /// Any other error of SQLite.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// Any other error of the system.
    #[error("the store failed: {0}")]
    Io(#[from] io::Error),
}

impl StoreError {
    /// Something else is in the place of a directory or file of the store.
    pub(in crate::store) fn in_the_way(path: &Path, problem: &str) -> Self {
        let (path, problem) = (path.to_owned(), problem.to_owned());
        Self::Unfit(NotPrivate { path, problem, advice: Some("move it away") })
    }

    /// Whether the disk is full.
    pub(in crate::store) fn is_of_a_full_disk(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // Our statements fit the schema, and what we wrote has the right types.
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown,
            )
            | None => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            // Another process set it aside while we used it.
            _ if error.sqlite_error().is_some_and(|error| was_removed(error.extended_code)) => {
                Self::Damaged(error.to_string())
            }
            _ if error
                .sqlite_error()
                .is_some_and(|error| is_to_be_rolled_back(error.extended_code)) =>
            {
                Self::Interrupted
            }
            Some(ErrorCode::CannotOpen) => Self::Unopenable,
            _ => Self::Sqlite(error),
        }
    }
}

fn with_advice(fault: &NotPrivate) -> String {
    let advice = fault.advice.map_or("; name a directory of your own with --cache-dir", |_| "");
    format!("{fault}{advice}")
}

/// Whether there is a hot journal, which has to be rolled back before anybody can read the database.
fn is_to_be_rolled_back(code: i32) -> bool {
    code == ffi::SQLITE_READONLY_ROLLBACK
}

fn was_removed(code: i32) -> bool {
    matches!(code, ffi::SQLITE_READONLY_DBMOVED | ffi::SQLITE_IOERR_DELETE_NOENT)
}
