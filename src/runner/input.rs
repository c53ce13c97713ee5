//! What the command reads from standard input, and what its result holds for because of it.

use super::Unrecorded;
use super::feed::{self, Given};
use super::launch::Standard;
#[cfg(target_os = "linux")]
use super::offer::Offer;
use super::shared_file::Watch;
use crate::entry::{Condition, Kind};
use crate::stdin::{Held, OpenFile};
use std::io;

/// Where the command's standard input comes from.
#[derive(Debug)]
pub enum Input {
    /// Nowhere: it is empty.
    Empty,
    /// From nowhere: it is closed.
    Closed,
    /// From what was read of ours.
    Held(Held),
    /// From our pipe or socket, as far as the command takes it.
    Stream(Kind),
    /// From our file: the command has the same one.
    File(OpenFile),
    /// From whatever ours is.
    Same,
}

/// An input while the command runs.
pub(super) enum Running {
    Known(Condition),
    Fed(Given),
    Unknown,
    #[cfg(target_os = "linux")]
    Offered(Offer),
    Watched(Watch),
}

impl Input {
    /// What the command gets as standard input, if anything, and what watches over it.
    pub(super) fn begin(self) -> io::Result<(Option<Standard>, Running)> {
        let (standard, running) = match self {
            Self::Empty => return Ok((None, Running::Known(Condition::StdinAbsent))),
            Self::Closed => (Standard::Closed, Running::Known(Condition::StdinClosed)),
            Self::Held(held) => feed::begin(held)?,
            // What cannot be offered can be passed on: nothing was taken.
            #[cfg(target_os = "linux")]
            Self::Stream(kind) => Offer::begin(kind)
                .map_or((Standard::Ours, Running::Unknown), |(standard, offer)| {
                    (standard, Running::Offered(offer))
                }),
            #[cfg(not(target_os = "linux"))]
            Self::Stream(_) => (Standard::Ours, Running::Unknown),
            Self::File(file) => (Standard::Ours, Running::Watched(Watch::begin(file))),
            Self::Same => (Standard::Ours, Running::Unknown),
        };
        Ok((Some(standard), running))
    }
}

impl Running {
    /// What the result holds for, now that the command has ended.
    pub(super) fn end(self) -> Result<Condition, Unrecorded> {
        match self {
            Self::Known(condition) => Ok(condition),
            Self::Fed(given) => given.get().copied().ok_or(Unrecorded::StdinPart),
            Self::Unknown => Err(Unrecorded::StdinUnknown),
            #[cfg(target_os = "linux")]
            Self::Offered(offer) => offer.end(),
            Self::Watched(watch) => watch.end(),
        }
    }
}
