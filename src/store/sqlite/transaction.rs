//! Write transactions: how they wait for others, and what survives a kill or a power cut.
//!
//! A commit survives the death of this process, but not a power cut: syncing takes a hundred times as long as all the
//! rest. After a power cut the store may be damaged and begin anew. Nothing wrong is replayed, since every entry has a
//! checksum.

use super::connect::{WRITE_DEADLINE, wait_for_others};
use super::read_transaction;
use super::schema;
use super::stopped_holder::Intent;
use crate::private_directory::open_private;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use rustix::fs::OFlags;
use std::time::Duration;

/// The purpose of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To store something.
    Storing,
    /// To store something, unless another process is writing.
    StoringAtOnce,
    /// To remove something. The removed bytes are overwritten in the file, except in pages that the file gives back.
    Removing,
    /// To try something and roll it back, on a connection of [`open_to_try`](super::open::open_to_try).
    Trying,
}

/// Begins a write transaction. This is the first point where a store waits for other writers.
pub fn write<'c>(
    connection: &'c mut Connection,
    location: &StoreLocation,
    purpose: Purpose,
) -> Result<Transaction<'c>, StoreError> {
    match purpose {
        Purpose::Storing | Purpose::StoringAtOnce => keep_journal(connection)?,
        Purpose::Removing => connection.pragma_update(None, "secure_delete", "FAST")?,
        Purpose::Trying => {}
    }
    let is_patient = purpose != Purpose::StoringAtOnce;
    read_transaction::end(connection);
    let deadline = if is_patient { WRITE_DEADLINE } else { Duration::ZERO };
    wait_for_others(connection, Intent::Write, deadline)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // The command may have run for long since the database was opened.
    if !schema::is_current(&transaction, &location.database())? {
        return Err(StoreError::Damaged("its format went back".to_owned()));
    }
    Ok(transaction)
}

/// Syncs everything that was committed to the disk. No transaction may be open: closing the file ends all locks of this
/// process.
pub fn sync(location: &StoreLocation) -> Result<(), StoreError> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK;
    Ok(open_private(&location.database(), flags)?.sync_all()?)
}

/// Makes SQLite truncate the journal at the end instead of removing it: making and removing a file takes longer than
/// writing it.
fn keep_journal(connection: &Connection) -> Result<(), StoreError> {
    let keep = || connection.execute_batch("PRAGMA journal_mode = TRUNCATE");
    // The journal mode that another process chose cannot be changed inside a read transaction.
    Ok(keep().or_else(|_| {
        read_transaction::end(connection);
        keep()
    })?)
}
