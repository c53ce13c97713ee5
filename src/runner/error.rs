//! Why a command could not be started, and why a run leaves nothing to store.

use crate::recording::Abandoned;
use std::io;

/// Why a command could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The system refuses to execute it.
    #[error("{0}")]
    Refused(io::Error),
    /// Something that a run needs is not available. The command did not run.
    #[error("cannot prepare the run: {0}")]
    Unavailable(io::Error),
    /// The command runs or has run, and cachex cannot see its end.
    #[error("cannot tell how the command ended: {0}")]
    OutOfSight(io::Error),
}

impl SpawnError {
    /// Sorts an error of the system: either it refuses this command, or it lacks something that every process needs.
    pub(super) fn of(fault: io::Error) -> Self {
        const LACKS: [i32; 4] = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
        match fault.raw_os_error() {
            Some(code) if LACKS.contains(&code) => Self::Unavailable(fault),
            _ => Self::Refused(fault),
        }
    }
}

/// Why a run leaves nothing to store.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// The caller did not ask for a recording.
    #[error("the output was not recorded")]
    NotAsked,
    /// The recording could not be kept.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
    /// A signal may have changed what the command did.
    #[error("signal {0} may have changed its result")]
    Disturbed(i32),
    /// Some of the output had no reader, or could not be written.
    #[error("some of its output could not be written")]
    OutputLost,
    /// The command took a part of its standard input.
    #[error("it read only part of its standard input")]
    StdinPart,
    /// More came through a socket than a later call can look at without taking it.
    #[error("it read more from a socket than cachex can peek at")]
    StdinLong,
    /// The command wrote to the socket that is its standard input.
    #[error("it wrote to its standard input")]
    StdinWritten,
    /// The file that is standard input was changed.
    #[error("its standard input changed while it ran")]
    StdinChanged,
    /// A process that the command left behind may still read standard input.
    #[error("a process left behind still holds its standard input")]
    StdinLeftBehind,
    /// The content of the file that is standard input is not known.
    #[error(
        "its standard input is a file that is too large to read and has just changed, or that has no size or date"
    )]
    StdinUnhashable,
    /// It cannot be known what the command read of standard input.
    #[error("cachex cannot tell whether it reads standard input; use -n or --stdin")]
    StdinUnknown,
    /// The command may have asked the user something.
    #[error("it changed the mode of the terminal, as a prompt does")]
    Asked,
    /// The command may have got an answer from the user.
    #[error("it read the terminal, as a prompt does")]
    TerminalRead,
    /// The command may have read from or written to an inherited descriptor.
    #[error("descriptor {0} was read or written")]
    DescriptorUsed(i32),
    /// A process that the command left behind may still write.
    #[error("a process left behind still holds the output")]
    LeftBehind,
}
