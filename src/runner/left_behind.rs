//! What is left to do for a process that the command left behind: a small process of our own does it.

use super::process::close_all_but;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

/// Does `work` in a new process, of whose descriptors only these are kept.
///
/// # Safety
/// `work` uses no descriptor but those, and no lock that another thread may hold.
#[allow(unsafe_code)]
pub(super) unsafe fn go_on(mut kept: Vec<RawFd>, work: impl FnOnce()) {
    // SAFETY: the caller's promise. The new process takes the lock of the allocator, of which `fork` takes care.
    if unsafe { libc::fork() } != 0 {
        // Where there can be no new process nothing else can be done.
        return;
    }
    let _leave = Leave;
    // SAFETY: the caller's promise; the owners of the others never get to drop them.
    unsafe { close_all_but(&mut kept) };
    work();
}

/// Ends the new process, also in a panic: what the other one goes on with is not for this one.
pub(super) struct Leave;

impl Drop for Leave {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: leaves without running what the other process will run.
        unsafe { libc::_exit(0) }
    }
}

/// How long a process that is about to close a pipe has for it after the end of the command.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Whether everybody who holds the other end lets go of it in this time.
pub(super) fn hangs_up(ours: &OwnedFd, time: Duration) -> bool {
    let timeout = Timespec::try_from(time).ok();
    let mut fds = [PollFd::new(ours, PollFlags::empty())];
    poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0)
}
