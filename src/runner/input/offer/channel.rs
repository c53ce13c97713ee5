//! The operations on pipes and sockets that an offer needs.

use crate::entry::StdinKind;
use rustix::event::PollFlags;
use rustix::io::Errno;
use std::os::fd::{OwnedFd, RawFd};

/// Our standard input, and the pipe or socket that the command has in its place. Only `finish` waits.
pub(super) trait Channel: Send + 'static {
    const KIND: StdinKind;

    /// Our end of the command's input; `None` once the command has been shown the end that way.
    fn ours(&self) -> Option<&OwnedFd>;

    /// Copies the bytes that wait in our input without taking them. Returns their number, which is 0 at the end.
    fn peek(&self, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Takes the bytes that wait in our input, as a read does.
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

    /// After the end of the command, takes back the bytes on offer if that is possible. Returns their number.
    fn withdraw(&mut self) -> Option<usize> {
        None
    }

    /// Passes on the bytes that the command wrote to its input.
    fn pass_back(&mut self) {}

    /// Passes on the rest of these bytes. Returns whether the command ever wrote any.
    fn finish(&mut self) -> bool {
        false
    }

    /// The descriptors that another process needs to go on offering.
    fn descriptors(&self) -> Vec<RawFd>;
}
