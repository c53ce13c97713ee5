//! Processes that outlive the command and still hold what the command got from us.

use crate::process::{close_all_but, in_new_process};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

/// How long other processes may take to close a pipe after the command has ended.
pub(super) const CLOSING_GRACE: Duration = Duration::from_millis(50);

/// Whether every process that holds the other end closes it within this time.
pub(super) fn hangs_up(ours: &OwnedFd, time: Duration) -> bool {
    let timeout = Timespec::try_from(time).ok();
    let mut fds = [PollFd::new(ours, PollFlags::empty())];
    poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0)
}

/// Serves such a process after our end: does `work` in a new process, which has only these of our descriptors.
///
/// # Safety
/// `work` uses no other descriptor, and takes no lock that another thread may hold.
#[allow(unsafe_code)]
pub(super) unsafe fn serve_after_our_end(mut kept: Vec<RawFd>, work: impl FnOnce()) {
    let serve = || {
        // SAFETY: the owners of the other descriptors belong to code that runs in the parent only.
        unsafe { close_all_but(&mut kept) };
        work();
    };
    // SAFETY: the caller's promise.
    let begun = unsafe { in_new_process(serve) };
    // Without another process nothing can be done.
    let _ = begun;
}
