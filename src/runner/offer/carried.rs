//! Going on to offer our input to a process that the command left behind.

use super::{Channel, Offering};
use crate::runner::afterwards::go_on;
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::fd::AsRawFd;

/// An offer that somebody still holds after the command has ended.
pub(super) trait Held: Send {
    /// Offers what comes, after this process has ended, as long as somebody can take it.
    fn keep_offering(self: Box<Self>);
}

impl<C: Channel> Held for Offering<C> {
    #[allow(unsafe_code)]
    fn keep_offering(mut self: Box<Self>) {
        let Ok((never, running)) = pipe_with(PipeFlags::CLOEXEC) else { return };
        self.ended = never;
        let mut kept = self.channel.descriptors();
        kept.extend([&self.ended, &running].map(AsRawFd::as_raw_fd));
        kept.push(libc::STDIN_FILENO);
        // SAFETY: the thread that had the offer has ended, and nothing else is used.
        unsafe {
            go_on(kept, || {
                if let Err(gap) = self.run() {
                    self.channel.copy(gap, &self.ended);
                } else {
                    self.channel.finish();
                }
            });
        }
    }
}
