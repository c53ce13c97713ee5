//! A file without a name that is never on a disk.

use std::fs::File;
use std::io;

/// An empty file.
///
/// # Errors
/// When a system call fails.
#[cfg(target_os = "linux")]
pub fn create() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create(c"cachex", MemfdFlags::CLOEXEC)?.into())
}

/// An empty file. It is on a disk, since this system has no files in memory.
///
/// # Errors
/// When a system call fails.
#[cfg(not(target_os = "linux"))]
pub fn create() -> io::Result<File> {
    tempfile::tempfile()
}
