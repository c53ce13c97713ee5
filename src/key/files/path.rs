//! Absolute and real paths, computed without opening the files that they name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The absolute path, symbolic links kept.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The path without symbolic links, or the absolute path if that cannot be found out.
pub(super) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

/// Remembers the paths of directories without links, since most files are in few directories.
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
