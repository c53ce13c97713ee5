//! Printing the answer of a verb on standard output.

use crate::error::Error;
use crate::recording::UnreadableRecording;
use crate::terminal::{self, Stream};
use std::io;

/// Prints plain text.
pub(super) fn print(text: &str) -> Result<(), Error> {
    printed(terminal::print(Stream::Stdout, text))
}

/// Prints text that has colours on a terminal.
pub(super) fn print_styled(text: &str) -> Result<(), Error> {
    printed(terminal::print_styled(Stream::Stdout, text))
}

/// Prints a part of an answer, with colours on a terminal. Returns whether the reader is still there.
pub(super) fn print_more(text: &str) -> Result<bool, Error> {
    let result = terminal::print_styled(Stream::Stdout, text);
    let is_gone = matches!(&result, Err(error) if error.kind() == io::ErrorKind::BrokenPipe);
    printed(result).map(|()| !is_gone)
}

/// The result of printing. A reader that goes away has seen enough.
pub(super) fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if UnreadableRecording::is_in(&error) => Err(Error::not_whole(&error)),
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
