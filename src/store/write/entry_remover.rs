//! Removes entries one by one, in a transaction of the caller.
//!
//! The statements are prepared once, and of the tombstones only those are written that are kept.

use super::command_totals::LossNoter;
use super::tombstones::{NewTombstones, RemovalCause};
use crate::store::error::StoreError;
use crate::store::objects::owners;
use crate::store::sqlite::codec;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Statement, params};

/// The bytes that an entry takes beside its output and its words: its row, and its share of the indexes.
pub(super) const OVERHEAD: u64 = 4 << 10;

/// An entry that was removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct RemovedEntry {
    /// Bytes of output.
    pub(super) output: u64,
    /// About how many bytes it took, its object included; more rather than less.
    pub(super) size: u64,
    /// The same without its object.
    pub(super) row_size: u64,
}

/// Removes entries for one cause.
pub(super) struct EntryRemover<'c> {
    connection: &'c Connection,
    delete: Statement<'c>,
    losses: LossNoter<'c>,
    tombstones: NewTombstones,
}

impl<'c> EntryRemover<'c> {
    /// Begins a removal; `at` becomes the date of its tombstones.
    pub(super) fn new(
        connection: &'c Connection,
        cause: RemovalCause,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        let delete = connection.prepare(
            "DELETE FROM entry WHERE id = ?1 AND (?2 IS NULL OR created = ?2)
             RETURNING command, body IS NULL, key, output, length,
                 length(words) + length(arguments) + coalesce(length(parts), 0)",
        )?;
        let losses = LossNoter::new(connection)?;
        Ok(Self { connection, delete, losses, tombstones: NewTombstones::new(cause, at) })
    }

    /// Removes an entry and its output; `None` when it is not there, or not of this date.
    pub(super) fn remove(
        &mut self,
        id: i64,
        created: Option<Timestamp>,
    ) -> Result<Option<RemovedEntry>, StoreError> {
        let parameters = params![id, created.map(Timestamp::as_millis)];
        let removed = self.delete.query_row(parameters, |row| {
            let (is_long, length) = (row.get(1)?, codec::unsigned(row.get(4)?));
            let beside = codec::unsigned(row.get(5)?).saturating_add(OVERHEAD);
            let size = length.saturating_add(beside);
            let row_size = if is_long { beside } else { size };
            self.tombstones.push(row.get(2)?);
            let output = codec::unsigned(row.get(3)?);
            Ok((RemovedEntry { output, size, row_size }, row.get(0)?, is_long))
        });
        let Some((entry, command, is_long)) = removed.optional()? else { return Ok(None) };
        if is_long {
            owners::disown(self.connection, id)?;
        }
        self.losses.note(command)?;
        Ok(Some(entry))
    }

    /// Ends the removal with tombstones.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.tombstones.write(self.connection)
    }
}
