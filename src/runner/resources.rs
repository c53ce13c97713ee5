//! Whether there is room for a run: what cannot be had is missed before the command starts, not after.

use super::error::SpawnError;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use rustix::process::{Resource, getrlimit};
use std::os::fd::AsRawFd;

/// Descriptors that a run needs beside those that are open.
const DESCRIPTORS: u64 = 20;

/// As many descriptors as a caller passes on in a row.
const FEW: u64 = 16;

/// Bytes of memory that a run needs, all in all.
const MEMORY: usize = 16 << 20;

/// Whether there is room for what does not fail gracefully: the runtime without descriptors, and the language
/// without memory.
///
/// # Errors
/// When there is not.
pub fn have_room() -> Result<(), SpawnError> {
    let has_room = descriptors().and_then(|()| memory());
    has_room.map_err(|fault| SpawnError::Other(fault.into()))
}

fn descriptors() -> Result<(), Errno> {
    let limit = getrlimit(Resource::Nofile).current;
    let lowest = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
    // Counted only where it may be tight.
    let open = match u64::try_from(lowest.as_raw_fd()).unwrap_or(0) {
        lowest if lowest < FEW && limit.is_none_or(|limit| limit > FEW + DESCRIPTORS) => lowest,
        lowest => std::fs::read_dir("/dev/fd").map_or(lowest, |open| open.count() as u64),
    };
    if limit.is_some_and(|limit| open + DESCRIPTORS > limit) {
        return Err(Errno::MFILE);
    }
    Ok(())
}

#[allow(unsafe_code)]
fn memory() -> Result<(), Errno> {
    if getrlimit(Resource::As).current.is_none() && getrlimit(Resource::Data).current.is_none() {
        return Ok(());
    }
    // SAFETY: the memory is new, and nobody else knows of it.
    unsafe {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let room = mmap_anonymous(std::ptr::null_mut(), MEMORY, protection, MapFlags::PRIVATE)?;
        munmap(room, MEMORY)
    }
}
