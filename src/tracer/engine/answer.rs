//! Letting calls go on without a look at them.

use super::notification::Listener;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Lets all calls go on, the one that was received last included, until every process of the command has ended.
pub(super) fn answer(listener: &Listener) {
    listener.answer_received();
    loop {
        let mut fds = [PollFd::new(listener, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        let seen = fds[0].revents();
        if seen.contains(PollFlags::IN) {
            if let Ok(Some(call)) = listener.receive() {
                let _ = listener.let_go_on(&call);
            }
        } else if seen.contains(PollFlags::HUP) {
            return;
        }
    }
}
