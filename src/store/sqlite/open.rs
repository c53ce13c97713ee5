//! Opening the database: the first use, and the migration of an older format.

use super::connect::to_write;
use super::schema::{self, DatabaseFormat};
use crate::private_directory::open_private;
use crate::store::error::StoreError;
use crate::store::location::{StoreLocation, unfit};
use rusqlite::Connection;
use rustix::fs::OFlags;

/// Opens the database in the present format. A read transaction may be open: see
/// [`read_transaction`](super::read_transaction).
pub(in crate::store) fn open(location: &StoreLocation) -> Result<Connection, StoreError> {
    if location.check_database()? {
        let connection = to_write(location)?;
        connection.execute_batch("BEGIN")?;
        if schema::state(&connection, &location.database())? == DatabaseFormat::Current {
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
    if schema::state(&connection, &location.database())? == DatabaseFormat::Behind {
        schema::migrate(&mut connection)?;
        for path in location.former_outputs() {
            // What cannot be removed is left to `prune`.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(connection)
}

/// Opens the database to try changes and roll them back. Nothing of them reaches the disk, which may be full;
/// other writers wait meanwhile.
pub(in crate::store) fn open_to_try(location: &StoreLocation) -> Result<Connection, StoreError> {
    let connection = to_write(location)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "cache_spill", "OFF")?;
    Ok(connection)
}
