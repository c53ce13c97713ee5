//! The sources of the command's standard input during the run.

use super::feed::{self, Feed};
#[cfg(target_os = "linux")]
use super::offer::Offer;
use crate::entry::Condition;
use crate::runner::error::Unrecorded;
use crate::runner::launch::Standard;
use crate::stdin::{OpenFile, Stdin};
use std::io;

/// An input while the command runs.
pub(crate) enum RunningInput {
    Known(Condition),
    Fed(Feed),
    /// Our own standard input. What the command does with it is not watched.
    Unknown,
    /// Our own pipe or socket, from which only what the command reads is taken.
    #[cfg(target_os = "linux")]
    Offered(Offer),
    /// Our own file as it was before the run. The command shares it. `None` if another process uses it as well.
    Shared(Option<OpenFile>),
}

impl RunningInput {
    /// Prepares the command's standard input, if it gets one. Input that was read stays in `stdin` until
    /// [`start`](Self::start), and nothing else is taken: if the command cannot be started, nothing is lost.
    pub(crate) fn prepare(stdin: &mut Stdin) -> io::Result<(Option<Standard>, Self)> {
        if let Stdin::Buffered(buffered) = stdin {
            let (standard, feed) = feed::prepare(buffered)?;
            return Ok((Some(standard), feed.map_or(Self::Unknown, Self::Fed)));
        }
        let (standard, running) = match std::mem::replace(stdin, Stdin::Absent) {
            Stdin::Absent => return Ok((None, Self::Known(Condition::StdinAbsent))),
            Stdin::Closed => (Standard::Closed, Self::Known(Condition::StdinClosed)),
            // If it cannot be offered, it can be passed on, since nothing was taken.
            #[cfg(target_os = "linux")]
            Stdin::Stream(kind, _) => Offer::begin(kind)
                .map_or((Standard::Ours, Self::Unknown), |(standard, offer)| {
                    (standard, Self::Offered(offer))
                }),
            Stdin::File(file) => (Standard::Ours, Self::Shared(unless_moved(file))),
            _ => (Standard::Ours, Self::Unknown),
        };
        Ok((Some(standard), running))
    }

    /// Gives the command, which runs now, the input that was read for it.
    pub(crate) fn start(&self, stdin: &mut Stdin) {
        if let Self::Fed(feed) = self
            && let Some(buffered) = std::mem::replace(stdin, Stdin::Absent).into_buffered()
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
            Self::Shared(file) => after_sharing(file.as_ref()),
        }
    }
}

/// A file that is about to be shared, unless another process has moved its offset since it was looked at.
fn unless_moved(file: OpenFile) -> Option<OpenFile> {
    OpenFile::now().ok().filter(|now| now.start == file.start)?;
    if !file.is_settled() {
        // Read now, to be compared with the content at the end.
        let _ = file.condition(0);
    }
    Some(file)
}

/// The condition for a run that has shared a file which was like this before.
fn after_sharing(before: Option<&OpenFile>) -> Result<Condition, Unrecorded> {
    let before = before.ok_or(Unrecorded::StdinChanged)?;
    let now = OpenFile::now().map_err(|_| Unrecorded::StdinUnknown)?;
    let moved = i128::from(now.start) - i128::from(before.start);
    let moved = i64::try_from(moved).map_err(|_| Unrecorded::StdinUnknown)?;
    let condition = before.condition(moved).ok_or(Unrecorded::StdinUnhashable)?;
    if before.is_unchanged() { Ok(condition) } else { Err(Unrecorded::StdinChanged) }
}
