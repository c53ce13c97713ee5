//! Directories below the working directory, opened name by name: no link is followed, and nothing outside is reached.

use crate::opening::open_to_read;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, OFlags, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A way down from a directory. What was opened for one path serves the next one.
#[derive(Debug)]
pub(super) struct Descent {
    top: OwnedFd,
    opened: Vec<(OsString, OwnedFd)>,
}

/// A part of a path that could not be opened as a directory.
#[derive(Debug)]
pub(super) struct DeadEnd {
    /// How many names of the path lead to directories.
    pub(super) depth: usize,
    pub(super) error: Errno,
    /// Whether it is a link.
    is_link: bool,
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
            let opened =
                open_directory(self.here(), name).map_err(|error| self.end(name, error))?;
            self.opened.push((name.to_owned(), opened));
        }
        Ok(self.here())
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.opened.last().map_or(&self.top, |(_, opened)| opened).as_fd()
    }

    fn end(&self, name: &OsStr, error: Errno) -> DeadEnd {
        let is_link = error != Errno::NOENT
            && statat(self.here(), name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
        DeadEnd { depth: self.opened.len(), error, is_link }
    }
}

impl DeadEnd {
    /// Whether there is nothing at all.
    pub(super) fn is_absence(&self) -> bool {
        self.error == Errno::NOENT
    }

    /// The part of `path` that is no directory.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        path.components().take(self.depth + 1).collect()
    }
}

impl fmt::Display for DeadEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            _ if self.is_link => f.write_str("is a link, which is not followed"),
            Errno::NOTDIR | Errno::LOOP => f.write_str("is not a directory"),
            error => write!(f, "cannot be opened: {}", io::Error::from(error)),
        }
    }
}

/// Opens the working directory, which may be named by links.
pub(super) fn open_top(path: &Path) -> Result<OwnedFd, Errno> {
    open_to_read(CWD, path, OFlags::DIRECTORY)
}

/// Opens a directory by a name in another one.
pub(super) fn open_directory(at: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    open_to_read(at, name, OFlags::DIRECTORY | OFlags::NOFOLLOW)
}

/// Opens a file for reading by a name in a directory.
pub(super) fn open_file(at: impl AsFd, name: &OsStr) -> Result<std::fs::File, Errno> {
    open_to_read(at, name, OFlags::NOFOLLOW)
}

/// What lies somewhere, as it is said in a message.
pub(super) fn described(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "is a file",
        FileType::Directory => "is a directory",
        FileType::Symlink => "is a link",
        FileType::Fifo => "is a FIFO",
        FileType::Socket => "is a socket",
        _ => "is a device",
    }
}
