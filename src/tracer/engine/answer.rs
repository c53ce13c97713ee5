//! Letting calls go on, without a look at them.

use super::notification::Listener;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd};

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakeup {
    /// A call waits.
    Call,
    /// We are told to stop.
    Stop,
    /// Every process of the command has ended.
    End,
    /// Nothing.
    Timeout,
}

/// Waits for something to do.
pub(super) fn wait(
    listener: &Listener,
    stop: Option<BorrowedFd<'_>>,
    timeout: Option<&Timespec>,
) -> Result<Wakeup, Errno> {
    let count = 1 + usize::from(stop.is_some());
    let stop = PollFd::from_borrowed_fd(stop.unwrap_or(listener.as_fd()), PollFlags::IN);
    let mut fds = [PollFd::new(listener, PollFlags::IN), stop];
    match poll(&mut fds[..count], timeout) {
        Ok(0) | Err(Errno::INTR) => return Ok(Wakeup::Timeout),
        Ok(_) => {}
        Err(fault) => return Err(fault),
    }
    let [calls, stop] = fds.map(|fd| fd.revents());
    Ok(if count == 2 && !stop.is_empty() {
        Wakeup::Stop
    } else if calls.contains(PollFlags::IN) {
        Wakeup::Call
    } else if calls.contains(PollFlags::HUP) {
        Wakeup::End
    } else {
        Wakeup::Timeout
    })
}

/// Lets all calls go on until every process of the command has ended, or until there is something to read from `stop`.
pub(super) fn answer(listener: &Listener, stop: Option<BorrowedFd<'_>>) {
    loop {
        match wait(listener, stop, None) {
            Ok(Wakeup::Call) => {
                if let Ok(Some(call)) = listener.receive() {
                    let _ = listener.let_go_on(&call);
                }
            }
            Ok(Wakeup::Timeout) => {}
            Ok(Wakeup::Stop | Wakeup::End) | Err(_) => return,
        }
    }
}
