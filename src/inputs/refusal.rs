//! Why the result of a traced run is not stored, as people are told.

use super::doubt::Doubt;
use super::path;
use super::terms::TraceTerms;
use crate::terminal::escape_os;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
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

impl NotTraceable {
    /// The same, with a path of the project as seen from the working directory.
    pub(super) fn seen_from(mut self, terms: &TraceTerms) -> Self {
        if let Self::ChangedByItself(path)
        | Self::ChangedByOthers(path)
        | Self::Unreadable(path)
        | Self::Moved(path)
        | Self::LargeMove(path) = &mut self
        {
            *path = OsString::from_vec(path::stored(path::bytes(path), terms)).into();
        }
        self
    }
}

impl fmt::Display for NotTraceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &Path| escape_os(path.as_os_str());
        match self {
            Self::Doubt(doubt) => doubt.fmt(f),
            Self::ChangedByItself(path) => {
                let shown = shown(path);
                write!(
                    f,
                    "it changed {shown} after reading it; if that does not matter, --trace-ignore {shown}"
                )
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
