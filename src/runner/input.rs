//! What the command reads from standard input, and what its result holds for because of it.

use super::Unrecorded;
use super::feed::{self, Given};
use super::launch::Standard;
#[cfg(target_os = "linux")]
use super::offer::Offer;
use super::shared_file::Watch;
use crate::entry::Condition;
use crate::stdin::{FileRange, Held};
use std::io;

/// Where the command's standard input comes from.
#[derive(Debug)]
pub enum Input {
    /// Nowhere: it is empty.
    Empty,
    /// From what was read of ours.
    Held(Held),
    /// From our pipe, as far as the command takes it.
    #[cfg(target_os = "linux")]
    Pipe,
    /// From our file: the command has the same one.
    File(FileRange),
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
        Ok(match self {
            Self::Empty => (None, Running::Known(Condition::StdinAbsent)),
            Self::Held(held) => {
                let (read, write) = io::pipe()?;
                (Some(Standard::Given(read.into())), Running::Fed(feed::begin(held, write.into())?))
            }
            #[cfg(target_os = "linux")]
            Self::Pipe => {
                let (read, write) = io::pipe()?;
                (Some(Standard::Given(read.into())), Running::Offered(Offer::begin(write.into())?))
            }
            Self::File(range) => (Some(Standard::Ours), Running::Watched(Watch::begin(range))),
            Self::Same => (Some(Standard::Ours), Running::Unknown),
        })
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
