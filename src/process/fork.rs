//! New processes that go on with our own code.

use super::descriptors::close_all_but;
use rustix::process::Pid;
use std::io;
use std::os::fd::RawFd;

/// Does `work` in a new process, which then ends at once: nothing of what this process does later happens there.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// The new process has this thread only. `work` takes no lock that another thread may hold. (The C library keeps the
/// allocator usable after a fork.)
#[allow(unsafe_code)]
pub(crate) unsafe fn in_new_process(work: impl FnOnce()) -> io::Result<Pid> {
    // SAFETY: the caller's promise.
    let id = unsafe { libc::fork() };
    if id == 0 {
        let _exit = ExitOnDrop;
        work();
    }
    // Only the parent gets here.
    Pid::from_raw(id.max(0)).ok_or_else(io::Error::last_os_error)
}

/// The same, but the new process has only these of our descriptors.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// As above, and `work` uses no other descriptor.
#[allow(unsafe_code)]
pub(crate) unsafe fn in_new_process_with(
    mut kept: Vec<RawFd>,
    work: impl FnOnce(),
) -> io::Result<Pid> {
    let serve = || {
        // SAFETY: the owners of the other descriptors belong to code that runs in the parent only.
        unsafe { close_all_but(&mut kept) };
        work();
    };
    // SAFETY: the caller's promise.
    unsafe { in_new_process(serve) }
}

/// Ends this process when it is dropped, also by a panic.
struct ExitOnDrop;

impl Drop for ExitOnDrop {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: ends the process without running any more of its code.
        unsafe { libc::_exit(0) }
    }
}
