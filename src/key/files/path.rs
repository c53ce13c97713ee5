//! Paths, as far as they can be told without opening what they name.

use std::path::{Path, PathBuf};

/// The absolute path, symbolic links kept.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A path without links, if that can be told.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}
