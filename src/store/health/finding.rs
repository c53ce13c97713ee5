//! The findings of the checks of a store.

use crate::ownership::is_ours;
use crate::store::error::StoreError;
use crate::terminal::escape_os;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The finding of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The part of the store that was looked at.
    pub subject: &'static str,
    /// Its state.
    pub state: Health,
    /// A description of the state, and of what to do about it.
    pub text: String,
}

/// The state of a part of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is no problem.
    Ok,
    /// The store works, but not for everything or not for long.
    Warning,
    /// The store does not work, or holds what it should not.
    Problem,
}

pub(super) fn ok(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, state: Health::Ok, text: text.into() }
}

pub(super) fn warning(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, state: Health::Warning, text: text.into() }
}

pub(super) fn problem(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, state: Health::Problem, text: text.into() }
}

pub(super) fn fault_of(subject: &'static str, fault: &StoreError) -> Finding {
    match fault {
        StoreError::Damaged(_) => problem(
            subject,
            format!("{fault}; remove it, or the next run that finds this starts a new store"),
        ),
        StoreError::Interrupted => warning(subject, fault.to_string()),
        StoreError::Busy => warning(subject, format!("{fault}; try again")),
        _ => problem(subject, fault.to_string()),
    }
}

/// The problem of a file or directory that others can read or write.
pub(super) fn exposed(subject: &'static str, name: &OsStr, metadata: &Metadata) -> Option<Finding> {
    let (name, is_directory) = (escape_os(name), metadata.is_dir());
    if !is_ours(metadata.uid()) {
        Some(problem(subject, format!("{name}: belongs to another user; remove it")))
    } else if metadata.mode() & 0o077 != 0 && (is_directory || metadata.is_file()) {
        let mode = if is_directory { 700 } else { 600 };
        Some(warning(subject, format!("{name}: is open to others; chmod {mode} it")))
    } else {
        None
    }
}
