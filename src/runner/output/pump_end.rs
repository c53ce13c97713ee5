//! How a pump comes to its end.

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

/// The pipe that is left after a pump, and its loss.
#[derive(Default)]
pub(crate) struct AfterPump {
    pub(crate) left_behind: Option<OwnedFd>,
    pub(crate) lost: Option<io::Error>,
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

    pub(crate) fn split(self) -> AfterPump {
        match self {
            Self::LeftBehind(pipe) => AfterPump { left_behind: Some(pipe), lost: None },
            Self::Lost(error) => AfterPump { left_behind: None, lost: Some(error) },
            Self::Abandoned => AfterPump { left_behind: None, lost: Some(not_taken()) },
            Self::Whole => AfterPump::default(),
        }
    }
}

fn not_taken() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the reader did not take it in time")
}
