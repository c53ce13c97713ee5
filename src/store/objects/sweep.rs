//! Removing the files of objects without an owner.
//!
//! [`settle`] removes the files that notes name, which usually are all. [`sweep`] looks at every file: notes are not
//! synced, so a power cut may lose a note and leave its file.

use super::directory::{ObjectDirectory, STAGING};
use super::{owners, staging};
use crate::recording::ContentDigest;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use crate::store::sqlite::notes::NoteKind;
use crate::store::sqlite::rows;
use crate::store::sqlite::transaction::{self, Purpose};
use rusqlite::{Connection, params};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;

/// The most files that are removed in one transaction. The files stay open until the transaction has ended, because the
/// system takes long to free a long file.
const AT_ONCE: u8 = 64;

/// Removes the files that notes name, if they have no owner. On a full disk the notes may stay for the next writer.
pub fn settle(connection: &mut Connection, location: &StoreLocation) -> Result<(), StoreError> {
    let Some(directory) = ObjectDirectory::open(location)? else { return Ok(()) };
    let mut was_full = false;
    loop {
        match settle_part(connection, location, &directory) {
            // The removed files are closed by now, which makes room.
            Err(fault) if fault.is_of_a_full_disk() && !was_full => was_full = true,
            Err(fault) if fault.is_of_a_full_disk() => return Ok(()),
            Ok(true) => was_full = false,
            done => return done.map(drop),
        }
    }
}

/// Settles some notes, and returns whether there were any.
fn settle_part(
    connection: &mut Connection,
    location: &StoreLocation,
    directory: &ObjectDirectory,
) -> Result<bool, StoreError> {
    // The transaction ends before the files are closed.
    let mut open: Vec<File> = Vec::new();
    let transaction = transaction::write(connection, location, Purpose::Storing)?;
    let mut unsettled = noted(&transaction)?;
    // The note stays as long as another process copies files.
    if unsettled.iter().any(|name| name == STAGING.as_bytes()) && !staging::is_free(directory)? {
        unsettled.retain(|name| name != STAGING.as_bytes());
    }
    if unsettled.is_empty() {
        return Ok(false);
    }
    open.extend(directory.remove_replacement()?);
    for name in &unsettled {
        // Damage may have changed its length.
        if let Ok(digest) = name.as_slice().try_into()
            && !owners::is_owned(&transaction, name)?
        {
            // A file that cannot be removed is left to `sweep`, and `doctor` reports it.
            open.extend(directory.remove_object(ContentDigest(digest)).ok().flatten());
        }
    }
    owners::forget_unsettled(&transaction, unsettled.iter().map(Vec::as_slice))?;
    transaction.commit()?;
    Ok(true)
}

/// The names of some notes, which are digests or [`STAGING`].
fn noted(connection: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT name FROM note WHERE kind = ?1 LIMIT ?2";
    rows::column(connection, sql, params![NoteKind::Unsettled as i64, AT_ONCE])
}

/// Removes all files without an owner.
pub fn sweep(connection: &mut Connection, location: &StoreLocation) -> Result<(), StoreError> {
    let Some(directory) = ObjectDirectory::open(location)? else { return Ok(()) };
    let transaction = transaction::write(connection, location, Purpose::Storing)?;
    staging::is_free(&directory)?;
    drop(transaction);
    let unowned = unowned_names(connection, &directory)?;
    for names in unowned.chunks(AT_ONCE.into()) {
        let transaction = transaction::write(connection, location, Purpose::Storing)?;
        let mut open = Vec::new();
        for name in names {
            if !owners::is_name_owned(&transaction, name.as_bytes())? {
                open.push(directory.remove(name)?);
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The names without an owner at this moment. Another process may be storing one of them.
fn unowned_names(
    connection: &Connection,
    directory: &ObjectDirectory,
) -> Result<Vec<OsString>, StoreError> {
    let mut unowned = Vec::new();
    for name in directory.names()? {
        if !owners::is_name_owned(connection, name.as_bytes())? {
            unowned.push(name);
        }
    }
    Ok(unowned)
}

/// How many files have no owner, and their size in bytes.
pub fn count_unowned(
    connection: &Connection,
    location: &StoreLocation,
) -> Result<(usize, u64), StoreError> {
    let Some(directory) = ObjectDirectory::open(location)? else { return Ok((0, 0)) };
    let names = unowned_names(connection, &directory)?;
    let length = |name: &OsString| {
        fs::symlink_metadata(location.objects().join(name)).map_or(0, |found| found.len())
    };
    Ok((names.len(), names.iter().map(length).sum()))
}
