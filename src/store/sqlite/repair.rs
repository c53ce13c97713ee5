//! Setting a damaged database aside, so that the store begins anew.

use super::connect::{check_pages, to_write};
use super::schema;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use std::io;
use std::path::Path;

/// Moves a damaged database out of the way, unless another process has just done so.
pub fn set_aside(location: &StoreLocation) -> Result<(), StoreError> {
    let _lock = location.lock()?;
    match check(location) {
        Err(fault @ (StoreError::Newer { .. } | StoreError::Unfit(_) | StoreError::Busy)) => {
            Err(fault)
        }
        Err(_) => move_away(&location.database()),
        Ok(()) => Ok(()),
    }
}

fn move_away(database: &Path) -> Result<(), StoreError> {
    let damaged = StoreLocation::damaged(database);
    if damaged.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        // A file cannot replace a directory.
        unless_gone(std::fs::remove_dir_all(&damaged))?;
    }
    unless_gone(std::fs::rename(database, &damaged))?;
    // The time that it is kept for starts now, however old it is.
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let now = Timestamps { last_access: now, last_modification: now };
    // The file is not opened, since it may be anything.
    let _ = utimensat(CWD, &damaged, &now, AtFlags::SYMLINK_NOFOLLOW);
    // The journal belongs to the old file and would be rolled back into the new one.
    unless_gone(std::fs::remove_file(database.with_extension("db-journal")))
}

fn unless_gone(done: io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Checks the database.
fn check(location: &StoreLocation) -> Result<(), StoreError> {
    let connection = to_write(location)?;
    schema::is_current(&connection, &location.database())?;
    check_pages(&connection)?;
    if connection.is_readonly("main")? || !schema::is_ours(&connection)? {
        return Err(StoreError::Damaged("it was altered".to_owned()));
    }
    Ok(())
}
