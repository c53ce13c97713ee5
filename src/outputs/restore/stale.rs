//! Staging directories of restores that were killed.
//!
//! A restore holds a lock on its staging directory until all of that is renamed or removed. Only what nobody holds is
//! stale; where there are no such locks nothing is removed.

use crate::outputs::descent::open_directory;
use crate::outputs::walk::STAGING;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, Dir, FlockOperation, flock, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Removes all stale staging directories in a directory. One that cannot be removed does no harm.
pub(super) fn remove_stale(directory: BorrowedFd<'_>) {
    let names = names_in(directory).unwrap_or_default();
    for name in names.iter().filter(|name| name.as_bytes().starts_with(STAGING.as_bytes())) {
        let Ok(opened) = open_directory(directory, name) else { continue };
        if flock(&opened, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = remove_tree(directory, name);
        }
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
    for name in names_in(opened.as_fd())? {
        remove_tree(opened.as_fd(), &name)?;
    }
    unlinkat(directory, name, AtFlags::REMOVEDIR)
}

fn names_in(directory: BorrowedFd<'_>) -> Result<Vec<OsString>, Errno> {
    let mut names = Vec::new();
    let mut listing = Dir::read_from(directory)?;
    while let Some(entry) = listing.read() {
        let entry = entry?;
        if ![c".", c".."].contains(&entry.file_name()) {
            names.push(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
        }
    }
    Ok(names)
}
