//! Signs on our own terminal that the command asks the user something or draws on the screen.
//!
//! The signs are a changed mode and, on Linux, a read.

#[cfg(target_os = "linux")]
use super::reads::TerminalReads;
use crate::opening::open_to_read;
use crate::process_group::{is_in_foreground, is_our_terminal};
use crate::terminal::Stream;
use rustix::fs::{CWD, OFlags};
use rustix::termios::{LocalModes, SpecialCodeIndex, Termios, tcgetattr};
use std::os::fd::{AsFd, OwnedFd};

/// The sign of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// The mode of the terminal was changed.
    Mode,
    /// The terminal was read.
    #[cfg(target_os = "linux")]
    Read,
}

/// Compares our terminal with its state when the command began.
pub(crate) struct QuestionWatch {
    terminal: OwnedFd,
    /// The settings when the command began; `None` while we are in the background.
    before: Option<Termios>,
    /// Shows whether the terminal is read, if that can be seen.
    #[cfg(target_os = "linux")]
    reads: Option<TerminalReads>,
}

impl QuestionWatch {
    /// Begins to watch the terminal that the command can reach: the one that controls us, or standard error.
    pub(crate) fn begin() -> Option<Self> {
        let controlling = open_to_read(CWD, c"/dev/tty", OFlags::empty()).ok();
        let stderr = || {
            let fd = Some(Stream::Stderr.fd()).filter(|_| Stream::Stderr.is_terminal());
            fd?.try_clone_to_owned().ok()
        };
        #[cfg(target_os = "linux")]
        let reads = if controlling.is_some() {
            TerminalReads::of_controlling()
        } else {
            Stream::Stderr.is_terminal().then(|| TerminalReads::of(Stream::Stderr.fd())).flatten()
        };
        let mut watched = Self {
            terminal: controlling.or_else(stderr)?,
            before: None,
            #[cfg(target_os = "linux")]
            reads,
        };
        watched.question();
        Some(watched)
    }

    /// The sign of a question, if there is one. Changes that the shell makes while we are in the background do not count.
    pub(crate) fn question(&mut self) -> Option<Question> {
        if !self.is_ours() {
            self.forget();
            return None;
        }
        if self.has_changed() {
            return Some(Question::Mode);
        }
        #[cfg(target_os = "linux")]
        if self.reads.as_mut().is_some_and(TerminalReads::were_made) {
            return Some(Question::Read);
        }
        None
    }

    fn has_changed(&mut self) -> bool {
        let Ok(now) = tcgetattr(&self.terminal) else { return false };
        !are_alike(self.before.get_or_insert_with(|| now.clone()), &now)
    }

    /// Forgets the former state, since another process has had the terminal.
    pub(crate) fn forget(&mut self) {
        self.before = None;
        #[cfg(target_os = "linux")]
        if let Some(reads) = &mut self.reads {
            reads.forget();
        }
    }

    /// Whether we are in the foreground. On a terminal that does not control us every process is.
    fn is_ours(&self) -> bool {
        is_in_foreground(self.terminal.as_fd()) || !is_our_terminal(self.terminal.as_fd())
    }
}

fn are_alike(a: &Termios, b: &Termios) -> bool {
    /// Flags that the kernel may set by itself.
    const STATE: LocalModes = LocalModes::PENDIN.union(LocalModes::FLUSHO);
    let flags = |of: &Termios| {
        (of.input_modes, of.output_modes, of.control_modes, of.local_modes.difference(STATE))
    };
    let codes = [
        SpecialCodeIndex::VINTR,
        SpecialCodeIndex::VQUIT,
        SpecialCodeIndex::VERASE,
        SpecialCodeIndex::VKILL,
        SpecialCodeIndex::VEOF,
        SpecialCodeIndex::VSUSP,
        SpecialCodeIndex::VMIN,
        SpecialCodeIndex::VTIME,
    ];
    flags(a) == flags(b) && codes.iter().all(|at| a.special_codes[*at] == b.special_codes[*at])
}
