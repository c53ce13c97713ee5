//! Why a command could not be started, and why a run leaves nothing to store.

use crate::recording::Abandoned;
use std::io;

/// Why a command could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The system refuses to execute it.
    #[error("{0}")]
    Refused(io::Error),
    /// What is needed beside it failed: it did not run.
    #[error("cannot run a command: {0}")]
    Other(io::Error),
    /// It runs, or has run, and nobody can tell what becomes of it.
    #[error("cannot tell how the command ended: {0}")]
    OutOfSight(io::Error),
}

impl SpawnError {
    /// Tells a command that the system refuses to execute from a process that cannot be had for want of something.
    pub(super) fn of(fault: io::Error) -> Self {
        let wants = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
        match fault.raw_os_error() {
            Some(code) if wants.contains(&code) => Self::Other(fault),
            _ => Self::Refused(fault),
        }
    }
}

/// Why a run leaves nothing to store.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// It was not asked for.
    #[error("not asked to store")]
    NotAsked,
    /// The recording could not be kept.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
    /// A signal may have changed what the command did.
    #[error("disturbed by signal {0}")]
    Disturbed(i32),
    /// The output had no reader, or could not be written.
    #[error("the output was not taken whole")]
    OutputLost,
    /// Of standard input the command took a part.
    #[error("it took a part of its standard input")]
    StdinPart,
    /// More came through a socket than can be looked at again without taking it.
    #[error("it read more from a socket than can be looked into")]
    StdinLong,
    /// The command wrote to the socket that is its standard input.
    #[error("it wrote to its standard input")]
    StdinWritten,
    /// The file that is standard input was changed.
    #[error("its standard input changed while it ran")]
    StdinChanged,
    /// A process that the command left behind may still read it.
    #[error("a process left behind still holds its standard input")]
    StdinHeld,
    /// The content of the file that is standard input is not known.
    #[error(
        "its standard input is a file that is too large to be read and has just changed, or that tells no size or date"
    )]
    StdinUntold,
    /// It cannot be told what the command read.
    #[error("it cannot be told whether it reads its standard input; -n and --stdin say so")]
    StdinUnknown,
    /// It may have asked a person something.
    #[error("the mode of the terminal was changed, as for a question")]
    Asked,
    /// It got an answer from a person.
    #[error("the terminal was read, as for an answer")]
    TerminalRead,
    /// The command may have read from or written to an inherited descriptor.
    #[error("descriptor {0} was read or written")]
    DescriptorUsed(i32),
    /// A process that the command left behind may still write.
    #[error("a process left behind still holds the output")]
    LeftBehind,
}
