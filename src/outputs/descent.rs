//! Directories below the working directory, opened name by name: no link is followed, and nothing outside is reached.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// A way down from a directory. What was opened for one path serves the next one.
#[derive(Debug)]
pub(super) struct Descent {
    top: OwnedFd,
    opened: Vec<(OsString, OwnedFd)>,
}

/// A directory that could not be opened.
#[derive(Debug)]
pub(super) struct DeadEnd {
    /// How many names of the path lead to directories.
    pub(super) depth: usize,
    pub(super) error: Errno,
}

impl DeadEnd {
    /// The part of `path` that is no directory.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        path.components().take(self.depth + 1).collect()
    }
}

impl Descent {
    pub(super) fn from(top: OwnedFd) -> Self {
        Self { top, opened: Vec::new() }
    }

    /// Opens the directory at `path`, which has plain names only.
    pub(super) fn enter(&mut self, path: &Path) -> Result<BorrowedFd<'_>, DeadEnd> {
        let names = || path.components().map(Component::as_os_str);
        let is_open = |((open, _), name): &(&(OsString, OwnedFd), &OsStr)| open == name;
        let known = self.opened.iter().zip(names()).take_while(is_open).count();
        self.opened.truncate(known);
        for name in names().skip(known) {
            let opened = open_directory(self.here(), name)
                .map_err(|error| DeadEnd { depth: self.opened.len(), error })?;
            self.opened.push((name.to_owned(), opened));
        }
        Ok(self.here())
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.opened.last().map_or(&self.top, |(_, opened)| opened).as_fd()
    }
}

/// Opens the working directory, which may be named by links.
pub(super) fn open_top(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Opens a directory by a name in another one.
pub(super) fn open_directory(at: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}
