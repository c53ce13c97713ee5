//! What is left to do for a process that the command left behind: a small process of our own does it.

use super::process::{close_all_but, in_new_process};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

/// Does `work` in a new process, of whose descriptors only these are kept.
///
/// # Safety
/// `work` uses no descriptor but those, and no lock that another thread may hold.
#[allow(unsafe_code)]
pub(super) unsafe fn go_on(mut kept: Vec<RawFd>, work: impl FnOnce()) {
    // SAFETY: the caller's promise; the owners of the other descriptors never get to drop them.
    let begun = unsafe {
        in_new_process(|| {
            close_all_but(&mut kept);
            work();
        })
    };
    // Where there can be no new process nothing else can be done.
    let _ = begun;
}

/// How long a process that is about to close a pipe has for it after the end of the command.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Whether everybody who holds the other end lets go of it in this time.
pub(super) fn hangs_up(ours: &OwnedFd, time: Duration) -> bool {
    let timeout = Timespec::try_from(time).ok();
    let mut fds = [PollFd::new(ours, PollFlags::empty())];
    poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0)
}
