//! What is kept for later beside the entries: totals of commands that have none, digests of files, and
//! what became of entries that are gone. It is useful, and none of it is worth an entry.

use super::{command_totals, tombstones};
use crate::store::error::StoreError;
use crate::store::query::call_pattern;
use crate::store::sqlite::notes::{self, NoteKind};
use rusqlite::Connection;

/// So many digests of files are remembered, the latest learned.
const DIGESTS: i64 = 10_000;

/// Forgets what is too much of it, or belongs to nothing.
pub(in crate::store) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    command_totals::keep_few_idle(connection)?;
    tombstones::keep_few(connection)?;
    call_pattern::keep_few(connection)?;
    notes::keep_last(connection, NoteKind::File, DIGESTS)
}

/// Forgets all of it but what became of entries: that is little, and asked for just then.
pub(in crate::store) fn forget(connection: &Connection) -> Result<(), StoreError> {
    command_totals::forget_idle(connection)?;
    notes::forget(connection, NoteKind::File)
}
