//! Paths, as far as they can be told without opening what they name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The absolute path, symbolic links kept.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The path without symbolic links; the absolute path where that cannot be told.
pub(super) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

/// Directories with their paths without links: most files are in few directories.
#[derive(Default)]
pub(super) struct RealDirectories(HashMap<PathBuf, PathBuf>);

impl RealDirectories {
    /// The path without links of a file that is no link itself.
    pub(super) fn locate(&mut self, path: &Path) -> PathBuf {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return canonical(path);
        };
        let real = self.0.entry(parent.to_owned()).or_insert_with(|| {
            canonical(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        });
        real.join(name)
    }
}
