//! A file without a name for what no disk is to see.

use std::fs::File;
use std::io;

/// An empty one.
///
/// # Errors
/// As the system.
#[cfg(target_os = "linux")]
pub fn create() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create(c"cachex", MemfdFlags::CLOEXEC)?.into())
}

/// An empty one; on a disk, since the system has none in memory.
///
/// # Errors
/// As the system.
#[cfg(not(target_os = "linux"))]
pub fn create() -> io::Result<File> {
    tempfile::tempfile()
}
