//! Why the result of a traced run is not stored, as people are told.

use super::doubt::Doubt;
use crate::terminal::escape_os;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why the result of a traced run is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTraceable {
    /// It depends on what files do not tell.
    Doubt(Doubt),
    /// It looked at a path and then changed it.
    ChangedByItself(PathBuf),
    /// Somebody else changed a path that it looked at.
    ChangedByOthers(PathBuf),
    /// It depends on a path that cannot be read.
    Unreadable(PathBuf),
    /// It moved a directory that was there before.
    Moved(PathBuf),
    /// It moved a directory with too many files.
    LargeMove(PathBuf),
    /// It used too many paths.
    TooManyPaths,
}

impl fmt::Display for NotTraceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| escape_os(path.as_os_str());
        match self {
            Self::Doubt(doubt) => doubt.fmt(f),
            Self::ChangedByItself(path) => {
                write!(f, "it changed {} after reading it", shown(path))
            }
            Self::ChangedByOthers(path) => write!(f, "{} changed while it ran", shown(path)),
            Self::Unreadable(path) => write!(f, "{} cannot be read", shown(path)),
            Self::Moved(path) => write!(f, "it moved the directory {}", shown(path)),
            Self::TooManyPaths => f.write_str("it used too many files to check them all"),
            Self::LargeMove(path) => {
                write!(f, "it moved {}, which holds too many files to follow", shown(path))
            }
        }
    }
}
