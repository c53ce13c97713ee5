//! Opening the database: the first use, and the migration of an older format.

use super::connect::{open_scratch, to_write};
use super::schema;
use crate::private_directory::open_private;
use crate::store::error::StoreError;
use crate::store::location::{StoreLocation, unfit};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use rustix::fs::OFlags;
use std::time::Duration;

/// Opens the database in the present format. A read transaction may be open: see
/// [`read_transaction`](super::read_transaction).
pub fn open(location: &StoreLocation) -> Result<Connection, StoreError> {
    if location.check_database()? {
        let connection = to_write(location)?;
        connection.execute_batch("BEGIN")?;
        if schema::is_current(&connection, &location.database())? {
            if connection.is_readonly("main")? && location.is_writable() {
                return Err(StoreError::Damaged("its header forbids writing".to_owned()));
            }
            return Ok(connection);
        }
    }
    set_up(location)
}

/// Makes or migrates the database, one process at a time.
fn set_up(location: &StoreLocation) -> Result<Connection, StoreError> {
    let _lock = location.lock()?;
    let path = location.database();
    open_private(&path, OFlags::RDWR).map_err(|error| unfit(&path, &error))?;
    let mut connection = to_write(location)?;
    if !schema::is_current(&connection, &location.database())? {
        schema::migrate(&mut connection)?;
        for path in location.former_outputs() {
            // If these cannot be removed, `prune` does it later.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(connection)
}

/// This many pages are copied before others may write.
const PAGES_AT_ONCE: i32 = 4096;

/// A database of up to this many bytes is tried out in memory.
const MOST_IN_MEMORY: u64 = 1 << 20;

/// Opens the database, or a copy of it, to try changes and roll them back. No change stays.
pub fn open_to_try(location: &StoreLocation) -> Result<Connection, StoreError> {
    let is_large = std::fs::metadata(location.database()).is_ok_and(|it| it.len() > MOST_IN_MEMORY);
    // There may be no room for a copy.
    if is_large && let Ok(copy) = copy_of(location) {
        return Ok(copy);
    }
    // The journal is kept in memory, since the disk may be full. Other writers wait meanwhile.
    let connection = to_write(location)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "cache_spill", "OFF")?;
    Ok(connection)
}

/// A copy of the database, in a file that soon has no name.
fn copy_of(location: &StoreLocation) -> Result<Connection, StoreError> {
    let path = location.directory.join(format!("cachex.db.try-{}", std::process::id()));
    drop(open_private(&path, OFlags::RDWR | OFlags::EXCL)?);
    let opened = open_scratch(&path);
    std::fs::remove_file(&path)?;
    let mut copy = opened?;
    let pause = Duration::from_millis(5);
    Backup::new(&to_write(location)?, &mut copy)?.run_to_completion(PAGES_AT_ONCE, pause, None)?;
    Ok(copy)
}
