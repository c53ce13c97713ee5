//! Staging directories of restores that were killed.
//!
//! A restore holds a lock on its staging directory until all of that is renamed or removed. Only what nobody holds is
//! stale; where there are no such locks nothing is removed.

use crate::opening::names_in;
use crate::outputs::descent::open_directory;
use crate::outputs::walk::STAGING;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FlockOperation, flock, fstat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// A restore takes the first name that is free: mostly one of so many.
const USUAL: usize = 2;

/// The name of a staging directory.
pub(super) fn staging_name(number: usize) -> OsString {
    OsString::from(format!("{STAGING}{number}"))
}

/// Removes all stale staging directories in a directory.
pub(super) fn remove_stale(directory: BorrowedFd<'_>) {
    let names = names_in(directory).unwrap_or_default();
    for name in names.iter().filter(|name| name.as_bytes().starts_with(STAGING.as_bytes())) {
        remove_if_stale(directory, name);
    }
}

/// Removes those with the usual names, without a look at all that is in the directory.
pub(super) fn remove_usual_stale(directory: BorrowedFd<'_>) {
    for name in (0..USUAL).map(staging_name) {
        remove_if_stale(directory, &name);
    }
}

/// One that cannot be removed does no harm.
fn remove_if_stale(directory: BorrowedFd<'_>, name: &OsStr) {
    if let Ok(opened) = open_directory(directory, name)
        && flock(&opened, FlockOperation::NonBlockingLockExclusive).is_ok()
        // Until it was locked, its owner may have removed it, and another one may have made one of this name.
        && is_at(&opened, directory, name) == Ok(true)
    {
        let _ = remove_tree(directory, name);
    }
}

/// Whether a directory that is open has this name.
pub(super) fn is_at(opened: &OwnedFd, parent: BorrowedFd<'_>, name: &OsStr) -> Result<bool, Errno> {
    let opened = fstat(opened)?;
    match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(false),
        found => found.map(|found| (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino)),
    }
}

/// Removes a file, or a directory with all that is in it. No link is followed.
pub(super) fn remove_tree(directory: BorrowedFd<'_>, name: &OsStr) -> Result<(), Errno> {
    match unlinkat(directory, name, AtFlags::empty()) {
        // Systems differ in what they say of directories.
        Err(Errno::ISDIR | Errno::PERM) => {}
        removed => return removed,
    }
    let opened = open_directory(directory, name)?;
    for name in names_in(&opened)? {
        remove_tree(opened.as_fd(), &name)?;
    }
    unlinkat(directory, name, AtFlags::REMOVEDIR)
}
