//! Finding the program of a command, as `execvp` finds it.

use crate::key::files::path::absolute;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A program that was found, as `execvp` finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The path as it was found, which a script sees as `$0`.
    pub found: PathBuf,
    /// The absolute path of the file.
    pub path: PathBuf,
}

/// The reason that there is no program to run.
#[derive(Debug)]
pub enum ResolveError {
    /// Nothing has that name.
    NotFound,
    /// This file has that name, and may not be executed.
    NotExecutable(PathBuf, io::Error),
}

impl Program {
    /// Finds the program for the first word of a command: a path if it has a slash, else the first
    /// executable file of that name in `PATH`.
    ///
    /// # Errors
    /// The errors of `execvp`: a file that may not be executed is reported only when nothing else is found.
    pub fn resolve(word: &OsStr) -> Result<Self, ResolveError> {
        if word.as_bytes().contains(&b'/') {
            return Self::check(Path::new(word));
        }
        let mut error = ResolveError::NotFound;
        for candidate in search_path(word) {
            match Self::check(&candidate) {
                Err(ResolveError::NotFound) => {}
                Err(not_executable) if matches!(error, ResolveError::NotFound) => {
                    error = not_executable;
                }
                Err(_) => {}
                found => return found,
            }
        }
        Err(error)
    }

    fn check(path: &Path) -> Result<Self, ResolveError> {
        use rustix::fs::{Access, AtFlags, CWD, FileType, accessat};
        use rustix::io::Errno;
        let denied = |error: io::Error| Err(ResolveError::NotExecutable(path.to_owned(), error));
        let kind = rustix::fs::stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Ok(FileType::Directory) => denied(io::ErrorKind::IsADirectory.into()),
            Ok(_) => match accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) {
                Ok(()) => Ok(Self { found: path.to_owned(), path: absolute(path) }),
                Err(error) => denied(error.into()),
            },
            Err(error @ Errno::ACCESS) => denied(error.into()),
            Err(_) => Err(ResolveError::NotFound),
        }
    }
}

/// The paths that a word without a slash can mean, in the order of `PATH`.
pub(crate) fn search_path(name: &OsStr) -> impl Iterator<Item = PathBuf> + use<> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/bin:/usr/bin"));
    let name = PathBuf::from(if name.is_empty() { OsStr::new("\0") } else { name });
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.into_iter().map(move |directory| {
        let here = directory.as_os_str().is_empty();
        if here { Path::new(".").join(&name) } else { directory.join(&name) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn errors_are_those_of_execvp() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("plain");
        fs::write(&file, "").expect("written");
        assert!(matches!(Program::resolve(file.as_os_str()), Err(ResolveError::NotExecutable(..))));
        assert!(matches!(
            Program::resolve(dir.path().join("gone").as_os_str()),
            Err(ResolveError::NotFound)
        ));
        assert!(matches!(Program::resolve(OsStr::new("")), Err(ResolveError::NotFound)));
        assert!(Program::resolve(OsStr::new("sh")).is_ok());
    }
}
