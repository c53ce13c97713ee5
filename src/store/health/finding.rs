//! The findings of the checks of a store.

use crate::ownership::is_ours;
use crate::store::error::StoreError;
use crate::terminal::escape_os;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The finding of one check: the part of the store that was looked at, and its state.
pub type Finding = (&'static str, Health);

/// The state of a part of the store: a description, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is no problem.
    Ok(String),
    /// The store works, but not for everything or not for long.
    Warning(String),
    /// The store does not work, or holds what it should not.
    Problem(String),
}

pub(super) fn ok(text: impl Into<String>) -> Health {
    Health::Ok(text.into())
}

pub(super) fn warning(text: impl Into<String>) -> Health {
    Health::Warning(text.into())
}

pub(super) fn problem(text: impl Into<String>) -> Health {
    Health::Problem(text.into())
}

pub(super) fn fault_of(fault: &StoreError) -> Health {
    match fault {
        StoreError::Damaged(_) => problem(format!(
            "{fault}; remove it, or the next run that finds this starts a new store"
        )),
        StoreError::Interrupted => warning(fault.to_string()),
        StoreError::Busy => warning(format!("{fault}; try again")),
        _ => problem(fault.to_string()),
    }
}

/// The problem of a file or directory that others can read or write.
pub(super) fn exposed(name: &OsStr, metadata: &Metadata) -> Option<Health> {
    let (name, is_directory) = (escape_os(name), metadata.is_dir());
    if !is_ours(metadata.uid()) {
        Some(problem(format!("{name}: belongs to another user; remove it")))
    } else if metadata.mode() & 0o077 != 0 && (is_directory || metadata.is_file()) {
        let mode = if is_directory { 700 } else { 600 };
        Some(warning(format!("{name}: is open to others; chmod {mode} it")))
    } else {
        None
    }
}
