//! The keys of our own terminal, for a command that has a terminal of its own.
//!
//! Meanwhile ours neither echoes nor waits for whole lines: the command's does that. Its signals
//! stay: Ctrl-C and Ctrl-Z reach us and the command as they would without cachex.

use super::pty::Pty;
use super::ready::watch;
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Whether there are keys for a command: a terminal on standard input, with us in its foreground.
pub(super) fn are_there() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Our terminal while its keys go to the command. Dropping it puts it back as it was.
pub(super) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    before: Termios,
    pressed: bool,
}

impl Keys {
    pub(super) fn take() -> io::Result<Self> {
        let terminal = watch(rustix::io::fcntl_dupfd_cloexec(stdin(), 3)?, Interest::READABLE)?;
        let keys = Self { terminal, before: tcgetattr(stdin())?, pressed: false };
        keys.resume();
        Ok(keys)
    }

    /// Takes the keys, again after [`Keys::put_back`].
    pub(super) fn resume(&self) {
        let mut settings = self.before.clone();
        settings.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(stdin(), OptionalActions::Now, &settings);
    }

    /// Leaves the terminal as it was.
    pub(super) fn put_back(&self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }

    /// Whether the command may have got any.
    pub(super) fn were_pressed(&self) -> bool {
        self.pressed
    }

    /// Passes on what is pressed next.
    pub(super) async fn pass_on(&mut self, pty: &Pty) -> io::Result<()> {
        let mut ready = self.terminal.readable().await?;
        ready.clear_ready();
        let mut buffer = [0; 1024];
        // Readiness may be of the past, and the description is not ours to make non-blocking.
        while has_some() {
            let count = rustix::io::read(stdin(), &mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.pressed = true;
            pty.press(&buffer[..count]);
        }
        Ok(())
    }
}

fn has_some() -> bool {
    rustix::io::ioctl_fionread(stdin()).is_ok_and(|bytes| bytes > 0)
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.put_back();
    }
}
