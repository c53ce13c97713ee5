//! Opening files and directories to look into them, without side effects.
//!
//! Nothing here waits for a FIFO's writer, or makes a terminal ours.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Dir, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::path::Arg;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Opens what is at a path from this directory on, to read it, with further flags.
///
/// # Errors
/// When a system call fails.
pub fn open_to_read<F: From<OwnedFd>>(
    directory: impl AsFd,
    path: impl Arg,
    flags: OFlags,
) -> Result<F, Errno> {
    let always = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    openat(directory, path, flags | always, Mode::empty()).map(F::from)
}

/// The names in a directory, in any order.
///
/// # Errors
/// When a system call fails.
pub fn names_in(directory: impl AsFd) -> Result<Vec<OsString>, Errno> {
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
