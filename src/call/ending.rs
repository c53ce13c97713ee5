//! The exit of a call: how faults of starting a command and of writing its output end it.

use crate::error::Error;
use crate::exit::Exit;
use crate::inherited::is_ignored_by_caller;
use crate::key::Program;
use crate::options::hint_for;
use crate::recording::UnreadableRecording;
use crate::runner::SpawnError;
use crate::terminal::{print_error, print_error_without_waiting};
use std::io;

/// The error of a command that could not be started.
pub(super) fn not_started(program: &Program, error: SpawnError) -> Error {
    let command = program.path.clone();
    match error {
        SpawnError::Refused(reason) if reason.kind() == io::ErrorKind::NotFound => {
            let command = command.into_os_string();
            Error::NotFound { hint: hint_for(&command), command }
        }
        SpawnError::Refused(reason) => Error::NotExecutable { command, reason },
        SpawnError::Unavailable(_) | SpawnError::OutOfSight(_) => Error::Failed(error.to_string()),
    }
}

/// The exit of a replay that wrote to our streams with this result.
pub(super) fn of_replay(written: io::Result<()>, exit: Exit) -> Result<Exit, Error> {
    match written {
        Ok(()) => Ok(exit),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(without_reader()),
        // It was whole a moment ago, and some of it may have been shown since.
        Err(error) if UnreadableRecording::is_in(&error) => Err(Error::not_whole(&error)),
        Err(error) => Err(unwritable(&error)),
    }
}

/// The exit of a run that our streams took with this result. The command saw at most that its pipe was closed, so it may
/// have ended as if all was well.
pub(super) fn of_run(lost: Option<io::Error>, exit: Exit) -> Result<Exit, Error> {
    let Some(error) = lost else { return Ok(exit) };
    match (error.kind(), exit) {
        // A reader that has gone away knows.
        (io::ErrorKind::BrokenPipe, exit) => Ok(exit),
        // The reader that takes nothing may be the reader of this message as well.
        (io::ErrorKind::TimedOut, exit) => {
            print_error_without_waiting(&unwritable(&error));
            Ok(exit)
        }
        (_, Exit::Code(0) | Exit::Signal(libc::SIGPIPE)) => Err(unwritable(&error)),
        (_, exit) => {
            print_error(&unwritable(&error));
            Ok(exit)
        }
    }
}

/// The end of a command whose output nobody reads any more.
fn without_reader() -> Exit {
    let signal = Exit::Signal(libc::SIGPIPE);
    // Where the caller ignores it, it kills no command.
    if is_ignored_by_caller(libc::SIGPIPE) { Exit::Code(signal.status()) } else { signal }
}

fn unwritable(error: &io::Error) -> Error {
    Error::Failed(format!("cannot write the output: {error}"))
}
