//! Why outputs are not stored or not restored, as people are told.

use crate::recording::ContentDigest;
use crate::terminal::escape_os;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why the outputs of a run are not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCollected {
    /// The run wrote nothing that matches this `--output`.
    WroteNothing(OsString),
    /// What lies at this path cannot be stored.
    Unfit {
        /// The path from the working directory.
        path: PathBuf,
        /// What is wrong with it: "is a FIFO", "cannot be read: …".
        reason: String,
    },
}

/// Why the outputs of an entry are not restored. Nothing was changed, unless the system kept us from undoing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRestored {
    /// Something is in the way at this path.
    Obstacle {
        /// The path from the working directory.
        path: PathBuf,
        /// What is in the way: "is a directory", "cannot be written: …".
        reason: String,
    },
    /// The object with this content is missing or damaged.
    Damaged(ContentDigest),
}

impl NotCollected {
    pub(super) fn unfit(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Unfit { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl NotRestored {
    pub(super) fn obstacle(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Obstacle { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// A path as people are shown it; the working directory itself as `.`.
fn shown(path: &Path) -> String {
    let is_empty = path.as_os_str().is_empty();
    escape_os(if is_empty { ".".as_ref() } else { path.as_os_str() })
}

impl fmt::Display for NotCollected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WroteNothing(pattern) => {
                write!(f, "said `--output {}`, wrote nothing there", escape_os(pattern))
            }
            Self::Unfit { path, reason } => write!(f, "output {} {reason}", shown(path)),
        }
    }
}

impl fmt::Display for NotRestored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obstacle { path, reason } => write!(f, "{} {reason}", shown(path)),
            Self::Damaged(_) => f.write_str("a stored output is missing or damaged"),
        }
    }
}
