//! The state of standard input.

use super::buffered::Buffered;
use super::file::OpenFile;
use super::peek;
use super::reading::take;
use super::stream::StreamState;
use crate::entry::{Condition, StdinKind};
use crate::inherited;
use crate::terminal::is_null_device;
use rustix::fs::{FileType, SeekFrom, fstat, seek};
use std::io;

/// The state of standard input, and what is known of its content.
#[derive(Debug)]
pub enum Stdin {
    /// There is none: it is the null device or a terminal, or it is left alone on request.
    Absent,
    /// It is closed.
    Closed,
    /// It was read.
    Buffered(Buffered),
    /// A pipe or a socket that can be looked into.
    Stream(StdinKind, StreamState),
    /// A regular file.
    File(OpenFile),
    /// Something else. The command gets it as it is, and cachex cannot see how much the command takes.
    Other,
}

impl Stdin {
    /// Whether it was closed when this process started.
    pub fn is_closed() -> bool {
        inherited::is_closed(rustix::stdio::stdin())
    }

    /// Looks at standard input, which was open when this process started, without taking anything.
    pub fn survey() -> Self {
        let fd = rustix::stdio::stdin();
        let Ok(stat) = fstat(fd) else { return Self::Closed };
        let stream = |kind, state: Option<StreamState>| {
            state.map_or(Self::Other, |state| Self::Stream(kind, state))
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => OpenFile::now().map_or(Self::Other, Self::File),
            #[cfg(not(target_os = "linux"))]
            FileType::Fifo => Self::Absent,
            #[cfg(target_os = "linux")]
            FileType::Fifo => stream(StdinKind::Pipe, peek::survey_pipe()),
            FileType::Socket => stream(StdinKind::Socket, peek::survey_socket()),
            FileType::CharacterDevice if rustix::termios::isatty(fd) || is_null_device(&stat) => {
                Self::Absent
            }
            _ => Self::Other,
        }
    }

    /// The buffered content, if it was read.
    pub fn into_buffered(self) -> Option<Buffered> {
        match self {
            Self::Buffered(buffered) => Some(buffered),
            _ => None,
        }
    }

    /// Whether learning its content may take longer than a look-up.
    pub fn may_take_long(&self) -> bool {
        matches!(self, Self::Stream(_, StreamState::Open) | Self::File(_))
    }

    /// Whether its content may still have to come from the run that this call would wait for, as in `cachex cat |
    /// cachex cat`, or from a process that waits for the output of our command.
    pub fn may_depend_on_others(&self) -> bool {
        matches!(
            self,
            Self::Stream(_, StreamState::Open | StreamState::Endless)
                | Self::Buffered(Buffered { condition: None, .. })
                | Self::Other
        )
    }

    /// Whether a result can have a condition for it.
    pub fn has_condition(&self) -> bool {
        match self {
            Self::Other | Self::Buffered(Buffered { condition: None, .. }) => false,
            Self::File(file) => file.condition(0).is_some(),
            _ => true,
        }
    }

    /// Takes as much as the command took when this condition was recorded.
    pub fn take(&self, condition: Condition) {
        match (self, condition) {
            (Self::File(_), Condition::StdinFile { moved, .. }) => {
                let _ = seek(rustix::stdio::stdin(), SeekFrom::Current(moved));
            }
            (Self::Stream(_, StreamState::Known { length, .. }), Condition::Stdin { .. }) => {
                let _ = take(*length, &mut io::sink());
            }
            _ => {}
        }
    }
}
