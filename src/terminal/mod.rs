//! Our own standard output and error: the only place that writes to them, and what is known of the
//! terminal behind them.
//!
//! Writes are not buffered. A message or an answer that leaves here is free of what a terminal would act on, whatever
//! went into it; what a command wrote is not touched.

mod patience;
mod visible;

pub use patience::Patience;
pub use visible::{escape_lines, escape_os, is_unseen};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;
use rustix::termios::Termios;
use std::cell::Cell;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// One of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How much was written to each.
static WRITTEN: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

impl Stream {
    /// Our descriptor of that stream.
    #[must_use]
    pub fn fd(self) -> BorrowedFd<'static> {
        match self {
            Self::Stdout => rustix::stdio::stdout(),
            Self::Stderr => rustix::stdio::stderr(),
        }
    }

    /// Whether a person is looking at it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        rustix::termios::isatty(self.fd())
    }

    /// Whether somebody is looking at it who may want colours.
    #[must_use]
    pub fn shows_colours(self) -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        self.is_terminal() && !is_dumb && !is_set("NO_COLOR")
    }

    /// Whether it leads to the null device, so that nobody can tell what is written from what is not.
    #[must_use]
    pub fn leads_nowhere(self) -> bool {
        let fd = self.fd();
        rustix::fs::fstat(fd).is_ok_and(|stat| is_null_device(&stat))
            && rustix::fs::fcntl_getfl(fd).is_ok_and(|it| it & OFlags::RWMODE != OFlags::RDONLY)
    }

    /// Whether only a write by the command itself shows what becomes of it: to a device that is neither a terminal nor
    /// the null device, or to what was opened for reading.
    #[must_use]
    pub fn takes_only_own_writes(self) -> bool {
        let fd = self.fd();
        let Ok(stat) = rustix::fs::fstat(fd) else { return false };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::CharacterDevice => !self.is_terminal() && !self.leads_nowhere(),
            FileType::BlockDevice => true,
            _ => rustix::fs::fcntl_getfl(fd).is_ok_and(|it| it & OFlags::RWMODE == OFlags::RDONLY),
        }
    }

    /// How many bytes [`write_all`](Self::write_all) has written to it.
    #[must_use]
    pub fn written(self) -> u64 {
        WRITTEN[self as usize].load(Ordering::Relaxed)
    }

    /// Writes every byte, unbuffered, also to a descriptor that somebody made non-blocking.
    ///
    /// # Errors
    /// What the system says; `BrokenPipe` when the reader has gone.
    pub fn write_all(self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(self.fd(), bytes) {
                Ok(written) => {
                    WRITTEN[self as usize].fetch_add(written as u64, Ordering::Relaxed);
                    bytes = &bytes[written..];
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait_until_writable(self.fd())?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

impl TerminalSize {
    /// That of our own terminal, or the customary one.
    #[must_use]
    pub fn own() -> Self {
        let remembered = || REMEMBERED.get().map(|(size, _)| *size);
        own_terminals()
            .find_map(|fd| rustix::termios::tcgetwinsize(fd).ok())
            .filter(|size| size.ws_row > 0 && size.ws_col > 0)
            .map(|size| Self { rows: size.ws_row, columns: size.ws_col })
            .or_else(remembered)
            .unwrap_or(Self { rows: 24, columns: 80 })
    }
}

/// The settings of our own terminal, if there is one.
#[must_use]
pub fn own_settings() -> Option<Termios> {
    let own = own_terminals().find_map(|fd| rustix::termios::tcgetattr(fd).ok());
    own.or_else(|| REMEMBERED.get()?.1.clone())
}

/// What our own terminal was like.
static REMEMBERED: OnceLock<(TerminalSize, Option<Termios>)> = OnceLock::new();

/// Remembers what our own terminal is like, before this process lets go of it.
pub fn remember_own() {
    let _ = REMEMBERED.set((TerminalSize::own(), own_settings()));
}

fn own_terminals() -> impl Iterator<Item = BorrowedFd<'static>> {
    [rustix::stdio::stdout(), rustix::stdio::stderr(), rustix::stdio::stdin()]
        .into_iter()
        .filter(|fd| rustix::termios::isatty(fd))
}

fn wait_until_writable(fd: BorrowedFd<'_>) -> io::Result<()> {
    match poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Writes a text.
///
/// # Errors
/// As [`Stream::write_all`].
pub fn print(stream: Stream, text: &str) -> io::Result<()> {
    stream.write_all(escape_lines(text).as_bytes())
}

/// Writes a text in colours, in which what is not ours has none.
///
/// # Errors
/// As [`Stream::write_all`].
pub fn print_styled(stream: Stream, text: &str) -> io::Result<()> {
    stream.write_all(visible::escape_all_but_colours(text).as_bytes())
}

/// Says what ended this call. There is nobody left to tell when that fails.
pub fn print_error(message: &dyn std::fmt::Display) {
    let _ = Stream::Stderr.write_all(error_text(message).as_bytes());
}

/// The same, unless somebody else would have to read first.
pub fn print_error_without_waiting(message: &dyn std::fmt::Display) {
    /// A moment for a reader that is only slow.
    const MOMENT: std::time::Duration = std::time::Duration::from_millis(100);
    let _ = Patience::of(MOMENT).write(Stream::Stderr, error_text(message).as_bytes());
}

fn error_text(message: &dyn std::fmt::Display) -> String {
    escape_lines(&format!("cachex: error: {message}\n"))
}

/// A message of any origin as one line.
fn one_line(kind: &str, message: &dyn std::fmt::Display) -> String {
    let message = message.to_string();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    escape_lines(&format!("cachex: {kind}{message}\n"))
}

/// What cachex says beside the command's own output, all of it on standard error.
#[derive(Debug)]
pub struct Notices {
    quiet: bool,
    verbose: bool,
    warned: Cell<bool>,
}

impl Notices {
    /// `quiet` leaves warnings out, `verbose` adds what is decided and why.
    #[must_use]
    pub fn new(quiet: bool, verbose: bool) -> Self {
        Self { quiet, verbose, warned: Cell::new(false) }
    }

    /// A fault that did not cost the command anything. One line a call: the first fault is the cause,
    /// the others follow from it and are told only with `-v`.
    pub fn warn(&self, message: &dyn std::fmt::Display) {
        if self.warned.replace(true) {
            return self.detail(message);
        }
        if !self.quiet {
            let _ = Stream::Stderr.write_all(one_line("warning: ", message).as_bytes());
        }
    }

    /// What the user may not have meant. It is no fault, and takes the place of none.
    pub fn advise(&self, message: &dyn std::fmt::Display) {
        if self.quiet {
            self.detail(message);
        } else {
            let _ = Stream::Stderr.write_all(one_line("warning: ", message).as_bytes());
        }
    }

    /// Whether details are told at all.
    #[must_use]
    pub fn are_detailed(&self) -> bool {
        self.verbose
    }

    /// What was decided, for those who asked.
    pub fn detail(&self, message: &dyn std::fmt::Display) {
        if self.verbose {
            let _ = Stream::Stderr.write_all(one_line("", message).as_bytes());
        }
    }
}

/// A command line as one could type it, with everything unusual quoted and escaped.
pub fn escape_words<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn quote(word: &OsStr) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_-+=./,:@%^".contains(b) || *b >= 0x80;
    if escape_os(word).as_bytes() != word.as_bytes() {
        let mut literal = word.as_bytes().to_vec();
        for special in [b'\\', b'\''] {
            literal =
                literal.split(|b| *b == special).collect::<Vec<_>>().join(&[b'\\', special][..]);
        }
        format!("$'{}'", escape_os(OsStr::from_bytes(&literal)))
    } else if !word.is_empty() && word.as_bytes().iter().all(plain) {
        escape_os(word)
    } else {
        format!("'{}'", escape_os(word).replace('\'', "'\\''"))
    }
}

/// Whether that is the null device, by whatever name.
#[must_use]
pub fn is_null_device(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && rustix::fs::stat(c"/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev)
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

    #[test]
    fn words_are_shown_as_one_could_type_them() {
        let words = ["echo", "a b", "", "it's", "\u{1b}[31mred", "tab\t\\'"].map(OsStr::new);
        let shown = escape_words(words);
        assert_eq!(shown, r"echo 'a b' '' 'it'\''s' $'\x1b[31mred' $'tab\t\\\''");
    }
}
