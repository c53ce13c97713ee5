//! Retention: what is kept beside the entries, and how much of it.
//!
//! That is: totals of commands without entries, digests of files, tombstones and globs. They are useful, but any entry
//! is worth more.

use super::{command_totals, tombstones};
use crate::store::error::StoreError;
use crate::store::query::call_pattern;
use crate::store::sqlite::notes::{NoteKind, Notes};
use rusqlite::Connection;

/// The most digests of files that are kept, the newest.
const DIGESTS: i64 = 10_000;

/// Removes what exceeds its bound.
pub fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    command_totals::keep_few_idle(connection)?;
    tombstones::keep_few(connection)?;
    call_pattern::keep_few(connection)?;
    Notes::of(connection, NoteKind::File).keep_last(DIGESTS)
}

/// Removes everything except the tombstones: they are small, and looked up after an eviction.
pub fn forget(connection: &Connection) -> Result<(), StoreError> {
    command_totals::forget_idle(connection)?;
    Notes::of(connection, NoteKind::File).forget_all()
}
