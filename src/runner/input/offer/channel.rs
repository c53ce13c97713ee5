//! A way to offer what waits in our standard input.

use super::gap::Gap;
use crate::entry::StdinKind;
use crate::key::DigestBuilder;
use rustix::event::Timespec;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

/// A way to offer what waits in our standard input.
pub(super) trait Channel: Send + 'static {
    const KIND: StdinKind;

    /// Offers what waits in ours. Nothing must be on offer when it is called.
    fn offer(&mut self) -> io::Result<Offered>;

    /// How much of what is on offer the command has not taken.
    fn unread(&self) -> io::Result<usize>;

    /// Takes so much of what was offered from ours, which should be the same; gives it to `content`. So
    /// much stays on offer.
    fn consume(
        &mut self,
        count: usize,
        rest: usize,
        content: &mut DigestBuilder,
    ) -> Result<(), Gap>;

    /// Waits until there is something to do, but no longer than that while `some` bytes are on offer.
    fn wait(&mut self, ended: &OwnedFd, some: bool, timeout: Timespec) -> io::Result<Event>;

    /// Takes back what is on offer now that the command has ended, where that can be done; how much that was.
    fn withdraw(&mut self) -> Option<usize> {
        None
    }

    /// Whether somebody can still take what is offered after that. One that is about to let go has so long for it.
    fn is_held(&self, grace: Duration) -> bool;

    /// What another process needs to go on with it.
    fn descriptors(&self) -> Vec<RawFd>;

    /// Does what has to be done when the command has ended. Whether the command wrote to it.
    fn finish(&mut self) -> bool;

    /// Gives the command what comes without looking what it takes.
    fn copy(self, gap: Gap, ended: &OwnedFd);
}

/// What came of an attempt to offer something.
pub(super) enum Offered {
    /// So many bytes are on offer.
    Some(usize),
    /// Nothing has come yet.
    Nothing,
    /// There will be nothing more, which the command sees.
    End,
}

/// What there is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// To look again.
    Look,
    /// Nothing any more: the command has ended, or closed its input.
    Over,
}
