//! Write transactions: how they wait for others, and what survives a kill or a power cut.
//!
//! A commit survives the death of this process, not that of the machine: to sync takes a hundred times as long as
//! all the rest. A power cut may cost the store, which then begins anew; nothing wrong is replayed, since every
//! entry has its checksum.

use super::connect::{WRITE_DEADLINE, wait_for_others};
use super::read_transaction;
use super::schema::{self, DatabaseFormat};
use super::stopped_holder::Intent;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::time::Duration;

const UNSYNCED: &str = "OFF";

/// Begins a write transaction. This is the first point where a store waits for other writers.
pub(in crate::store) fn write<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
) -> Result<Transaction<'c>, StoreError> {
    keep_journal(connection)?;
    begin(connection, location, UNSYNCED, WRITE_DEADLINE)
}

/// As [`write()`], on a connection of [`open_to_try`](super::open::open_to_try).
pub(in crate::store) fn write_to_try<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
) -> Result<Transaction<'c>, StoreError> {
    begin(connection, location, UNSYNCED, WRITE_DEADLINE)
}

/// As [`write()`], but fails at once when another process is writing.
pub(in crate::store) fn write_at_once<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
) -> Result<Transaction<'c>, StoreError> {
    keep_journal(connection)?;
    begin(connection, location, UNSYNCED, Duration::ZERO)
}

/// As [`write()`], for removals: what is removed does not come back after a power cut, and is overwritten in the
/// file, except in pages that the file gives back.
pub(in crate::store) fn write_durably<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
) -> Result<Transaction<'c>, StoreError> {
    connection.pragma_update(None, "secure_delete", "FAST")?;
    begin(connection, location, "NORMAL", WRITE_DEADLINE)
}

/// Has the journal truncated at the end instead of removed: to make and remove a file takes longer than to write
/// it.
fn keep_journal(connection: &Connection) -> Result<(), StoreError> {
    let keep = || connection.execute_batch("PRAGMA journal_mode = TRUNCATE");
    // The journal mode that another process chose cannot be changed inside a read transaction.
    Ok(keep().or_else(|_| {
        read_transaction::end(connection);
        keep()
    })?)
}

fn begin<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
    synchronous: &str,
    deadline: Duration,
) -> Result<Transaction<'c>, StoreError> {
    read_transaction::end(connection);
    wait_for_others(connection, Intent::Write, deadline)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check_format(&transaction, location)?;
    Ok(transaction)
}

/// Checks that the format did not change since the database was opened: the command may have run for long.
fn check_format(transaction: &Transaction<'_>, location: &StoreLocation) -> Result<(), StoreError> {
    match schema::state(transaction, &location.database())? {
        DatabaseFormat::Current => Ok(()),
        DatabaseFormat::Behind => Err(StoreError::Damaged("its format went back".to_owned())),
    }
}
