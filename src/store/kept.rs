//! What is kept for later beside the entries: totals of commands that have none, digests of files, and
//! what became of entries that are gone. It is useful, and none of it is worth an entry.

use super::notes::{self, Kind};
use super::{StoreError, commands, gone, long, sought};
use rusqlite::Connection;

/// So many digests of files are remembered, the latest learned.
const DIGESTS: i64 = 10_000;

/// Forgets what is too much of it, or belongs to nothing.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    commands::keep_few_idle(connection)?;
    gone::keep_few(connection)?;
    sought::keep_few(connection)?;
    long::remove_orphans(connection)?;
    notes::keep_last(connection, Kind::File, DIGESTS)
}

/// Forgets all of it but what became of entries: that is little, and asked for just then.
pub(super) fn forget(connection: &Connection) -> Result<(), StoreError> {
    commands::forget_idle(connection)?;
    notes::forget(connection, Kind::File)
}
