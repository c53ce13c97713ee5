//! Checks that a run will have the descriptors and the memory that it needs.
//!
//! The check comes before standard input is looked at, while the command can still be executed in our place.

use super::error::SpawnError;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use rustix::process::{Resource, getrlimit};
use std::os::fd::AsRawFd;

/// Descriptors that a run needs beside those that are open.
const FD_RESERVE: u64 = 20;

/// Nearly all callers have no open descriptor from this number on.
const USUAL_FD_COUNT: u64 = 16;

/// Bytes of memory that a run needs.
const MEMORY_RESERVE: usize = 16 << 20;

/// Checks that a run will have what it needs: the runtime needs descriptors, and Rust aborts without memory.
///
/// # Errors
/// With [`SpawnError::Unavailable`], which names what is lacking.
pub fn have_resources() -> Result<(), SpawnError> {
    let reserve = descriptors().and_then(|()| memory());
    reserve.map_err(|fault| SpawnError::Unavailable(fault.into()))
}

fn descriptors() -> Result<(), Errno> {
    let limit = getrlimit(Resource::Nofile).current;
    let lowest = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
    // Descriptors are counted only if there may be too few left.
    let open = match u64::try_from(lowest.as_raw_fd()).unwrap_or(0) {
        lowest
            if lowest < USUAL_FD_COUNT
                && limit.is_none_or(|limit| limit > USUAL_FD_COUNT + FD_RESERVE) =>
        {
            lowest
        }
        lowest => std::fs::read_dir("/dev/fd").map_or(lowest, |open| open.count() as u64),
    };
    if limit.is_some_and(|limit| open + FD_RESERVE > limit) {
        return Err(Errno::MFILE);
    }
    Ok(())
}

#[allow(unsafe_code)]
fn memory() -> Result<(), Errno> {
    if getrlimit(Resource::As).current.is_none() && getrlimit(Resource::Data).current.is_none() {
        return Ok(());
    }
    // SAFETY: the memory is new, and nothing else refers to it.
    unsafe {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let room =
            mmap_anonymous(std::ptr::null_mut(), MEMORY_RESERVE, protection, MapFlags::PRIVATE)?;
        munmap(room, MEMORY_RESERVE)
    }
}
