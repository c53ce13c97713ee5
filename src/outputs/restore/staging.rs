//! A directory in which outputs are readied. It is removed with all that is left in it.

use super::stale::{is_at, remove_tree, staging_name};
use crate::content::{CopyError, copy_content};
use crate::outputs::descent::{Descent, open_directory};
use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::{OutputEntry, OutputKind};
use crate::recording::ContentDigest;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, mkdirat, openat, symlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;

/// Opens the object with a content; `None` if it is missing.
pub type OpenObject<'o> = &'o dyn Fn(ContentDigest) -> io::Result<Option<File>>;

const ATTEMPTS: usize = 100;

/// A staging directory, locked.
#[derive(Debug)]
pub(super) struct StagingDirectory {
    parent: OwnedFd,
    name: OsString,
    directory: OwnedFd,
    descent: Descent,
}

impl StagingDirectory {
    /// Makes a staging directory.
    pub(super) fn make(parent: BorrowedFd<'_>) -> io::Result<Self> {
        for number in 0..ATTEMPTS {
            let name = staging_name(number);
            match mkdirat(parent, &name, Mode::RWXU) {
                Err(Errno::EXIST) => continue,
                made => made?,
            }
            let directory = match open_directory(parent, &name) {
                Err(Errno::NOENT) => continue,
                opened => opened?,
            };
            // Somebody may have taken it for a stale one until it was locked. Where there are no locks it is never
            // taken for one.
            let locked = flock(&directory, FlockOperation::NonBlockingLockExclusive);
            if locked == Err(Errno::WOULDBLOCK) || !is_at(&directory, parent, &name)? {
                continue;
            }
            let descent = Descent::from(directory.try_clone()?);
            return Ok(Self { parent: parent.try_clone_to_owned()?, name, directory, descent });
        }
        Err(io::Error::other("others keep removing what is readied"))
    }

    /// The directory itself.
    pub(super) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Makes an output at `place` in the staging directory, with the directories above it.
    pub(super) fn add(
        &mut self,
        place: &Path,
        entry: &OutputEntry,
        open_object: OpenObject<'_>,
    ) -> Result<(), NotRestored> {
        let failed = |error: Errno| unwritable(&entry.path, error);
        let parent = self.directory_at(place.parent().unwrap_or(Path::new("")));
        let parent = parent.map_err(failed)?;
        let name = place.file_name().unwrap_or_default();
        match &entry.kind {
            OutputKind::Directory { permissions } => {
                // Its owner has to be able to fill it.
                let mode = Mode::from_bits_truncate((*permissions).into()) | Mode::RWXU;
                mkdirat(parent, name, mode).map_err(failed)
            }
            OutputKind::Link { target } => symlinkat(target, parent, name).map_err(failed),
            OutputKind::File { digest, size, permissions } => {
                let object =
                    open_object(*digest).map_err(|error| unrestorable(&entry.path, &error))?;
                let object = object.ok_or(NotRestored::Damaged(*digest))?;
                let copy = create(parent, name, *permissions).map_err(failed)?;
                match copy_content(&object, &copy, *size) {
                    Ok(copied) if copied == *digest => Ok(()),
                    Ok(_) | Err(CopyError::Source(_)) => Err(NotRestored::Damaged(*digest)),
                    Err(CopyError::Copy(error)) => Err(unwritable(&entry.path, error)),
                }
            }
        }
    }

    /// Opens a directory in the staging directory, and makes what is missing of it.
    fn directory_at(&mut self, place: &Path) -> Result<BorrowedFd<'_>, Errno> {
        while let Err(end) = self.descent.enter(place) {
            if !end.is_absence() {
                return Err(end.error);
            }
            let missing = end.place(place);
            let parent = self.descent.enter(missing.parent().unwrap_or(Path::new("")));
            let parent = parent.map_err(|end| end.error)?;
            let name = missing.file_name().unwrap_or_default();
            mkdirat(parent, name, Mode::RWXU | Mode::RWXG | Mode::RWXO)?;
        }
        self.descent.enter(place).map_err(|end| end.error)
    }
}

impl Drop for StagingDirectory {
    fn drop(&mut self) {
        // What cannot be removed is stale from now on.
        let _ = remove_tree(self.parent.as_fd(), &self.name);
    }
}

fn create(parent: BorrowedFd<'_>, name: &OsStr, permissions: u16) -> Result<File, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_bits_truncate(permissions.into());
    openat(parent, name, flags, mode).map(File::from)
}

/// An error of the system about a path that is to be written.
pub(super) fn unwritable(path: &Path, error: impl Into<io::Error>) -> NotRestored {
    NotRestored::obstacle(path, format_args!("cannot be written: {}", error.into()))
}

/// An error of the system about an object that is there.
pub(super) fn unrestorable(path: &Path, error: &io::Error) -> NotRestored {
    NotRestored::obstacle(path, format_args!("cannot be restored: {error}"))
}
