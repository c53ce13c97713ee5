//! The ways in which a pump ends, and the output that is lost because our own streams did not take it.

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
    /// cachex did not wait for our own stream.
    Abandoned,
}

impl PumpEnd {
    /// The reason why the recording is incomplete, if it is.
    pub(super) fn unrecorded(&self) -> Option<Unrecorded> {
        match self {
            Self::Whole => None,
            Self::LeftBehind(_) => Some(Unrecorded::LeftBehind),
            Self::Lost(_) | Self::Abandoned => Some(Unrecorded::OutputLost),
        }
    }

    /// Whether our own stream did not take all output.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Abandoned)
    }

    /// The pipe that is still open, and the reason why our own stream did not take all output.
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

/// The loss to report. A reader that has gone away knows that it misses output, but the user may not know of other
/// losses.
pub(crate) fn worst(losses: impl IntoIterator<Item = io::Error>) -> Option<io::Error> {
    losses.into_iter().max_by_key(|error| error.kind() != io::ErrorKind::BrokenPipe)
}
