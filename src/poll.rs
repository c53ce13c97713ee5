//! Waiting for one descriptor.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::{Errno, retry_on_intr};
use std::time::Duration;

/// Waits until one of these events has come, or until the timeout if there is one. Returns all events that have come,
/// including the end and an error of the descriptor.
///
/// # Errors
/// When a system call fails.
pub fn poll_one(
    fd: impl AsFd,
    events: PollFlags,
    timeout: Option<Duration>,
) -> Result<PollFlags, Errno> {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut fds = [PollFd::new(&fd, events)];
    retry_on_intr(|| poll(&mut fds, timeout.as_ref()))?;
    Ok(fds[0].revents())
}
