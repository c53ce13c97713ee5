//! Going on to offer our input to a process that the command left behind: a small process of our own does it.

use super::{Channel, Offering};
use crate::runner::descriptors::close_all_but;
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
        // SAFETY: the thread that had the offer has ended. Where another one writes output meanwhile, the new process
        // takes no lock of it but that of the allocator, of which `fork` takes care.
        if unsafe { libc::fork() } != 0 {
            // Where there can be no new process nothing else can be done.
            return;
        }
        let _leave = Leave;
        // SAFETY: what is used from here on is kept; the owners of the others never get to drop them.
        unsafe { close_all_but(&mut kept) };
        if let Err(gap) = self.run() {
            self.channel.copy(gap, &self.ended);
        } else {
            self.channel.finish();
        }
    }
}

/// Ends the new process, also in a panic: what the other one goes on with is not for this one.
struct Leave;

impl Drop for Leave {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: leaves without running what the other process will run.
        unsafe { libc::_exit(0) }
    }
}
