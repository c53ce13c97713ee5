//! Inputs that cannot be read.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file that counts in the key and cannot be read: nothing is known of what it holds.
#[derive(Debug, thiserror::Error)]
#[error("cannot key {}: {reason}", crate::terminal::escape_os(path.as_os_str()))]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub reason: String,
}

impl Unreadable {
    pub(super) fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}
