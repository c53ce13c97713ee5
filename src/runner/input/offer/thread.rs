//! The thread that offers, as the rest of a run sees it.

use super::offering::{Offering, Told};
use super::pipe::PipeOffer;
use super::socket::SocketOffer;
use crate::entry::{Condition, StdinKind};
use crate::runner::error::Unrecorded;
use crate::runner::launch::Standard;
use rustix::pipe::{PipeFlags, pipe_with};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

/// An offer that is under way.
pub(in crate::runner) struct Offer {
    kind: StdinKind,
    told: Receiver<Option<Told>>,
    thread: JoinHandle<()>,
    /// Closed at the end of the command.
    running: OwnedFd,
}

impl Offer {
    /// Begins to offer what comes, and gives what the command is to have as its standard input. It holds
    /// what is there already when this returns.
    ///
    /// # Errors
    /// When it cannot be offered; nothing was taken.
    pub(in crate::runner) fn begin(kind: StdinKind) -> io::Result<(Standard, Self)> {
        let (ended, running) = pipe_with(PipeFlags::CLOEXEC)?;
        let (theirs, (told, thread)) = if kind == StdinKind::Socket {
            let (theirs, offer) = SocketOffer::new()?;
            (theirs, Offering::begin(offer, ended)?)
        } else {
            let (theirs, offer) = PipeOffer::new()?;
            (theirs, Offering::begin(offer, ended)?)
        };
        Ok((Standard::Given(theirs), Self { kind, told, thread, running }))
    }

    /// Ends the offer after the command has ended, and tells what its result holds for.
    pub(in crate::runner) fn end(self) -> Result<Condition, Unrecorded> {
        drop(self.running);
        let told = self.told.recv().ok().flatten().ok_or(Unrecorded::StdinUnknown)?;
        let Some(keep_offering) = told.keep_offering else {
            return told.taken.condition(self.kind);
        };
        // It has told all that it had to tell.
        let _ = self.thread.join();
        keep_offering();
        Err(Unrecorded::StdinHeld)
    }
}
