//! Processes that outlive the command and still hold descriptors that the command got from us.

use crate::poll::poll_one;
use rustix::event::PollFlags;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// How long other processes may take to close a pipe after the command has ended.
pub(super) const CLOSING_GRACE: Duration = Duration::from_millis(50);

/// Whether every process that holds the other end closes it within this time.
pub(super) fn hangs_up(ours: &OwnedFd, time: Duration) -> bool {
    poll_one(ours, PollFlags::empty(), Some(time)).is_ok_and(|seen| !seen.is_empty())
}
