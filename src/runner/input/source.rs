//! Where the command's standard input comes from, and what watches over it during the run.

use super::feed::{self, Feed};
use super::file::FileWatch;
#[cfg(target_os = "linux")]
use super::offer::Offer;
use crate::entry::{Condition, StdinKind};
use crate::runner::error::Unrecorded;
use crate::runner::launch::Standard;
use crate::stdin::{Buffered, OpenFile};
use std::io;

/// Where the command's standard input comes from.
#[derive(Debug)]
pub enum Input {
    /// It is empty.
    Empty,
    /// It is closed.
    Closed,
    /// What was read of our own, and then the rest.
    Buffered(Buffered),
    /// Our own pipe or socket, from which only what the command reads is taken.
    Stream(StdinKind),
    /// Our own file, which the command shares.
    File(OpenFile),
    /// Our own, whatever it is.
    Same,
}

/// An input while the command runs.
pub(crate) enum RunningInput {
    Known(Condition),
    Fed(Feed),
    Unknown,
    #[cfg(target_os = "linux")]
    Offered(Offer),
    Shared(FileWatch),
}

impl Input {
    /// Prepares the command's standard input, if it gets one, and what watches over it. Input that was read stays here until
    /// [`RunningInput::start`], and nothing else is taken: if the command cannot be started, nothing is lost.
    pub(crate) fn prepare(&mut self) -> io::Result<(Option<Standard>, RunningInput)> {
        if let Self::Buffered(buffered) = self {
            let (standard, feed) = feed::prepare(buffered)?;
            return Ok((Some(standard), feed.map_or(RunningInput::Unknown, RunningInput::Fed)));
        }
        let (standard, running) = match std::mem::replace(self, Self::Empty) {
            Self::Empty | Self::Buffered(_) => {
                return Ok((None, RunningInput::Known(Condition::StdinAbsent)));
            }
            Self::Closed => (Standard::Closed, RunningInput::Known(Condition::StdinClosed)),
            // What cannot be offered can be passed on, since nothing was taken.
            #[cfg(target_os = "linux")]
            Self::Stream(kind) => Offer::begin(kind)
                .map_or((Standard::Ours, RunningInput::Unknown), |(standard, offer)| {
                    (standard, RunningInput::Offered(offer))
                }),
            #[cfg(not(target_os = "linux"))]
            Self::Stream(_) => (Standard::Ours, RunningInput::Unknown),
            Self::File(file) => (Standard::Ours, RunningInput::Shared(FileWatch::begin(file))),
            Self::Same => (Standard::Ours, RunningInput::Unknown),
        };
        Ok((Some(standard), running))
    }
}

impl RunningInput {
    /// Gives the command, which runs now, what was read for it.
    pub(crate) fn start(&self, input: &mut Input) {
        if let Self::Fed(feed) = self
            && let Input::Buffered(buffered) = std::mem::replace(input, Input::Empty)
        {
            feed.give(buffered);
        }
    }

    /// The condition for the result, now that the command has ended.
    pub(crate) fn end(self) -> Result<Condition, Unrecorded> {
        match self {
            Self::Known(condition) => Ok(condition),
            Self::Fed(feed) => feed.end().ok_or(Unrecorded::StdinPart),
            Self::Unknown => Err(Unrecorded::StdinUnknown),
            #[cfg(target_os = "linux")]
            Self::Offered(offer) => offer.end(),
            Self::Shared(watch) => watch.end(),
        }
    }
}
