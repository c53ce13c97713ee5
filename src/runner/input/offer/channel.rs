//! What a pipe and a socket have to do so that they can be offered.

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

    /// Offers what waits in our input. Nothing may be on offer when it is called.
    fn offer(&mut self) -> io::Result<Offered>;

    /// How many of the bytes on offer the command has not taken.
    fn unread(&self) -> io::Result<usize>;

    /// Takes `count` bytes that the command took from our input too, where they should be the same, and adds them to
    /// `content`. `rest` bytes stay on offer.
    fn consume(
        &mut self,
        count: usize,
        rest: usize,
        content: &mut DigestBuilder,
    ) -> Result<(), Gap>;

    /// Waits until there is something to do. While bytes are on offer it waits no longer than `timeout`.
    fn wait(
        &mut self,
        ended: &OwnedFd,
        is_offering: bool,
        timeout: Timespec,
    ) -> io::Result<OfferEvent>;

    /// Takes back what is on offer after the end of the command, where that can be done. Returns how many bytes that was.
    fn withdraw(&mut self) -> Option<usize> {
        None
    }

    /// Whether a process can still take what is offered later. One that is just closing its end has `grace` for that.
    fn has_reader(&self, grace: Duration) -> bool;

    /// The descriptors that another process needs to go on offering.
    fn descriptors(&self) -> Vec<RawFd>;

    /// Does what is left to do after the end of the command. Whether the command wrote to its input.
    fn finish(&mut self) -> bool;

    /// Gives the command what comes, without seeing what it takes.
    fn copy(self, gap: Gap, ended: &OwnedFd);
}

/// What came of an attempt to offer something.
pub(super) enum Offered {
    /// So many bytes are on offer.
    Some(usize),
    /// Nothing has come yet.
    Nothing,
    /// The input has ended, and the command sees that.
    End,
}

/// What there is to do after a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OfferEvent {
    /// Look again.
    Look,
    /// Nothing any more: the command has ended, or has closed its input.
    Over,
}
