//! The thread that offers input to the command, as the rest of a run sees it.

use super::offering::{OfferReport, Offering};
use super::pipe::PipeOffer;
use super::socket::SocketOffer;
use crate::entry::{Condition, StdinKind};
use crate::runner::error::Unrecorded;
use crate::runner::launch::Standard;
use std::io::{self, PipeWriter};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

/// An offer that is under way.
pub(crate) struct Offer {
    report: Receiver<OfferReport>,
    thread: JoinHandle<()>,
    /// Closed when the command has ended.
    running: PipeWriter,
}

impl Offer {
    /// Begins to offer our input, and returns the standard input of the command. Bytes that wait already are on offer
    /// when this returns.
    ///
    /// # Errors
    /// When our input cannot be offered. Nothing was taken then.
    pub(crate) fn begin(kind: StdinKind) -> io::Result<(Standard, Self)> {
        let (ended, running) = io::pipe()?;
        let (theirs, (report, thread)) = if kind == StdinKind::Socket {
            let (theirs, offer) = SocketOffer::new()?;
            (theirs, Offering::begin(offer, ended.into())?)
        } else {
            let (theirs, offer) = PipeOffer::new()?;
            (theirs, Offering::begin(offer, ended.into())?)
        };
        Ok((Standard::Given(theirs), Self { report, thread, running }))
    }

    /// Ends the offer after the command has ended. Returns the condition for its result.
    pub(crate) fn end(self) -> Result<Condition, Unrecorded> {
        drop(self.running);
        let report = self.report.recv().map_err(|_| Unrecorded::StdinUnknown)?;
        if let Some(keep_offering) = report.keep_offering {
            // The report is the last thing that the thread does.
            let _ = self.thread.join();
            keep_offering();
        }
        report.condition
    }
}
