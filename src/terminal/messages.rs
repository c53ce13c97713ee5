//! Messages of cachex itself.

use super::escape::{escape_all_but_colours, escape_lines};
use super::stream::Stream;
use std::cell::Cell;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Writes a text.
///
/// # Errors
/// When [`Stream::write_all`] fails.
pub fn print(stream: Stream, text: &str) -> io::Result<()> {
    stream.write_all(escape_lines(text).as_bytes())
}

/// Writes a text in colours. Parts of it that are not ours must have none.
///
/// # Errors
/// When [`Stream::write_all`] fails.
pub fn print_styled(stream: Stream, text: &str) -> io::Result<()> {
    stream.write_all(escape_all_but_colours(text).as_bytes())
}

/// Prints the error that ends this call. If that fails, there is no other place to print it.
pub fn print_error(message: &dyn std::fmt::Display) {
    let _ = Stream::Stderr.write_all(error_text(message).as_bytes());
}

/// Prints the error that ends this call, but gives up soon if nobody reads it.
pub fn print_error_without_waiting(message: &dyn std::fmt::Display) {
    /// The time for a reader that is only slow.
    const READER_GRACE: Duration = Duration::from_millis(100);
    let text = error_text(message);
    let (done, is_done) = mpsc::channel();
    // A thread that still waits for the reader ends with the process.
    let _ = thread::Builder::new().spawn(move || {
        let _ = Stream::Stderr.write_all(text.as_bytes());
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(READER_GRACE);
}

fn error_text(message: &dyn std::fmt::Display) -> String {
    escape_lines(&format!("cachex: error: {message}\n"))
}

/// A message as one line.
fn one_line(kind: &str, message: &dyn std::fmt::Display) -> String {
    let message = message.to_string();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    escape_lines(&format!("cachex: {kind}{message}\n"))
}

/// The messages of cachex beside the output of the command, on standard error.
#[derive(Debug)]
pub struct Notices {
    quiet: bool,
    verbose: bool,
    warned: Cell<bool>,
}

impl Notices {
    /// `quiet` leaves out warnings, `verbose` adds decisions and their reasons.
    pub fn new(quiet: bool, verbose: bool) -> Self {
        Self { quiet, verbose, warned: Cell::new(false) }
    }

    /// Warns of a fault that does not concern the command. Only the first fault of a call is a warning, since the others
    /// follow from it: these are shown with `-v`.
    pub fn warn(&self, message: &dyn std::fmt::Display) {
        if self.warned.replace(true) {
            return self.detail(message);
        }
        if !self.quiet {
            self.advise(message);
        }
    }

    /// Warns of something that the user may not have meant. It is no fault, and does not count as the first one.
    pub fn advise(&self, message: &dyn std::fmt::Display) {
        if self.quiet {
            self.detail(message);
        } else {
            let _ = Stream::Stderr.write_all(one_line("warning: ", message).as_bytes());
        }
    }

    /// Whether details are shown.
    pub fn are_detailed(&self) -> bool {
        self.verbose
    }

    /// Says what was decided, with `-v`.
    pub fn detail(&self, message: &dyn std::fmt::Display) {
        if self.verbose {
            let _ = Stream::Stderr.write_all(one_line("", message).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_escaped_whatever_they_are_made_of() {
        let message = "\u{1b}]0;a\u{7}\nb\u{9b}2J";
        let error = "cachex: error: \\x1b]0;a\\x07\nb\\u009b2J\n";
        assert_eq!(error_text(&message), error);
        let notice = "cachex: warning: \\x1b]0;a\\x07 b\\u009b2J\n";
        assert_eq!(one_line("warning: ", &message), notice);
    }
}
