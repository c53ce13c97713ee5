//! How a pump comes to its end, and what is lost then: output that our own streams did not take.

use crate::runner::error::Unrecorded;
use std::io;
use std::os::fd::OwnedFd;

/// How a pump came to its end.
pub(crate) enum PumpEnd {
    /// Every process has closed the pipe.
    Whole,
    /// The command has ended, and another process still holds the pipe.
    LeftBehind(OwnedFd),
    /// Our own stream failed. The pipe is closed, so that the command notices.
    Lost(io::Error),
    /// Our own stream was not waited for.
    Abandoned,
}

impl PumpEnd {
    /// Why there is no whole recording.
    pub(super) fn unrecorded(&self) -> Option<Unrecorded> {
        match self {
            Self::Whole => None,
            Self::LeftBehind(_) => Some(Unrecorded::LeftBehind),
            Self::Lost(_) | Self::Abandoned => Some(Unrecorded::OutputLost),
        }
    }

    /// Whether our own stream did not take all.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Abandoned)
    }

    /// The pipe that is left, and why our own stream did not take all.
    pub(crate) fn split(self) -> (Option<OwnedFd>, Option<io::Error>) {
        const NOT_TAKEN: &str = "the reader did not take it in time";
        match self {
            Self::Whole => (None, None),
            Self::LeftBehind(pipe) => (Some(pipe), None),
            Self::Lost(error) => (None, Some(error)),
            Self::Abandoned => (None, Some(io::Error::new(io::ErrorKind::TimedOut, NOT_TAKEN))),
        }
    }
}

/// The loss to report. A reader that has gone away knows of its loss; of others the user may not know.
pub(crate) fn worst(losses: impl IntoIterator<Item = io::Error>) -> Option<io::Error> {
    losses.into_iter().max_by_key(|error| error.kind() != io::ErrorKind::BrokenPipe)
}
