//! What a pipe and a socket have to do so that they can be offered.

use crate::entry::StdinKind;
use rustix::event::PollFlags;
use rustix::io::Errno;
use std::os::fd::{OwnedFd, RawFd};

/// Our standard input of some kind, and what the command has in its place. No call but `finish` waits.
pub(super) trait Channel: Send + 'static {
    const KIND: StdinKind;

    /// Our end of the command's input; `None` once the command has been shown the end that way.
    fn ours(&self) -> Option<&OwnedFd>;

    /// Copies what waits in our input without taking it. Returns how many bytes that is: none at its end.
    fn peek(&self, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Takes what waits in our input, as a read does.
    fn take(&self, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Gives the command as many of these bytes as there is room for.
    fn give(&self, bytes: &[u8]) -> Result<usize, Errno>;

    /// Shows the command the end of its input.
    fn show_end(&mut self);

    /// How many of the bytes on offer the command has not taken.
    fn unread(&self, offered: usize) -> Result<usize, Errno>;

    /// The events to wait for at our end and at our input.
    fn interests(&self, wants_input: bool) -> (PollFlags, PollFlags);

    /// Whether these events at our end mean that nothing reads the command's input any more.
    fn is_closed(&self, seen: PollFlags) -> bool;

    /// Takes back what is on offer after the end of the command, where that can be done. Returns how many bytes that was.
    fn withdraw(&mut self) -> Option<usize> {
        None
    }

    /// Passes on what the command wrote to its input.
    fn pass_back(&mut self) {}

    /// Passes on the rest of that. Whether there was ever anything.
    fn finish(&mut self) -> bool {
        false
    }

    /// The descriptors that another process needs to go on offering.
    fn descriptors(&self) -> Vec<RawFd>;
}
