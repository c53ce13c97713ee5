//! New processes that go on with our own code.

use rustix::process::Pid;
use std::io;

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

/// Ends this process when it is dropped, also by a panic.
struct ExitOnDrop;

impl Drop for ExitOnDrop {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: ends the process without running any more of its code.
        unsafe { libc::_exit(0) }
    }
}
