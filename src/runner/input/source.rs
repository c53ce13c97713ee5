//! What the command reads from standard input, and what its result holds for because of it.

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
    /// Nowhere: it is empty.
    Empty,
    /// From nowhere: it is closed.
    Closed,
    /// From what was read of ours.
    Buffered(Buffered),
    /// From our pipe or socket, as far as the command takes it.
    Stream(StdinKind),
    /// From our file: the command has the same one.
    File(OpenFile),
    /// From whatever ours is.
    Same,
}

/// An input while the command runs.
pub(in crate::runner) enum Running {
    Known(Condition),
    Fed(Feed),
    Unknown,
    #[cfg(target_os = "linux")]
    Offered(Offer),
    Watched(FileWatch),
}

impl Input {
    /// Prepares what the command gets as standard input, if anything, and what watches over it. What was read stays
    /// here until [`Running::start`], and nothing else was taken: should there be no command, nothing is lost.
    pub(in crate::runner) fn prepare(&mut self) -> io::Result<(Option<Standard>, Running)> {
        if let Self::Buffered(held) = self {
            let (standard, feed) = feed::prepare(held)?;
            return Ok((Some(standard), feed.map_or(Running::Unknown, Running::Fed)));
        }
        let (standard, running) = match std::mem::replace(self, Self::Empty) {
            Self::Empty | Self::Buffered(_) => {
                return Ok((None, Running::Known(Condition::StdinAbsent)));
            }
            Self::Closed => (Standard::Closed, Running::Known(Condition::StdinClosed)),
            // What cannot be offered can be passed on: nothing was taken.
            #[cfg(target_os = "linux")]
            Self::Stream(kind) => Offer::begin(kind)
                .map_or((Standard::Ours, Running::Unknown), |(standard, offer)| {
                    (standard, Running::Offered(offer))
                }),
            #[cfg(not(target_os = "linux"))]
            Self::Stream(_) => (Standard::Ours, Running::Unknown),
            Self::File(file) => (Standard::Ours, Running::Watched(FileWatch::begin(file))),
            Self::Same => (Standard::Ours, Running::Unknown),
        };
        Ok((Some(standard), running))
    }
}

impl Running {
    /// Gives the command, which runs, what was read for it.
    pub(in crate::runner) fn start(&self, input: &mut Input) {
        if let Self::Fed(feed) = self
            && let Input::Buffered(held) = std::mem::replace(input, Input::Empty)
        {
            feed.give(held);
        }
    }

    /// What the result holds for, now that the command has ended.
    pub(in crate::runner) fn end(self) -> Result<Condition, Unrecorded> {
        match self {
            Self::Known(condition) => Ok(condition),
            Self::Fed(feed) => feed.end().ok_or(Unrecorded::StdinPart),
            Self::Unknown => Err(Unrecorded::StdinUnknown),
            #[cfg(target_os = "linux")]
            Self::Offered(offer) => offer.end(),
            Self::Watched(watch) => watch.end(),
        }
    }
}
