//! The error of all code that looks at inputs.

use std::fmt;
use std::path::{Path, PathBuf};

/// An input that counts and cannot be read: nothing may be replayed or stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot compute the key: {}: {reason}", crate::terminal::escape_os(path.as_os_str()))]
pub struct Unreadable {
    /// The file, or the name of another input.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub reason: String,
}

impl Unreadable {
    pub(crate) fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}
