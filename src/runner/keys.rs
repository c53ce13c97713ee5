//! The keys of our own terminal, for a command that has a terminal of its own.
//!
//! Meanwhile ours neither echoes nor waits for whole lines: the command's does that. Its signals
//! stay: Ctrl-C and Ctrl-Z reach us and the command as they would without cachex.

use super::pty::Pty;
use super::ready::watch;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
    ttyname,
};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Whether there are keys for a command: a terminal on standard input, with us in its foreground.
pub(super) fn are_there() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// How often a job in the background looks whether it has come to the foreground.
const IN_BACKGROUND: Duration = Duration::from_millis(200);

/// Our terminal while its keys go to the command. Dropping it puts it back as it was.
pub(super) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    before: Termios,
    pressed: bool,
}

impl Keys {
    pub(super) fn take() -> io::Result<Self> {
        // A description of our own, which may be non-blocking: others share that of stdin.
        let name = ttyname(stdin(), Vec::new())?;
        let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        let terminal = watch(terminal, Interest::READABLE)?;
        let keys = Self { terminal, before: tcgetattr(stdin())?, pressed: false };
        keys.resume();
        Ok(keys)
    }

    /// Takes the keys, again after [`Keys::put_back`].
    pub(super) fn resume(&self) {
        if !are_there() {
            return;
        }
        let mut settings = self.before.clone();
        settings.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(stdin(), OptionalActions::Now, &settings);
    }

    /// Leaves the terminal as it was, unless somebody else has it now.
    pub(super) fn put_back(&self) {
        if are_there() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
        }
    }

    /// Whether the command may have got any.
    pub(super) fn were_pressed(&self) -> bool {
        self.pressed
    }

    /// Passes on what is pressed next.
    pub(super) async fn pass_on(&mut self, pty: &Pty) -> io::Result<()> {
        let mut ready = self.terminal.readable().await?;
        if !are_there() {
            // They are for whoever is in the foreground now.
            tokio::time::sleep(IN_BACKGROUND).await;
            return Ok(());
        }
        let mut buffer = [0; 1024];
        match rustix::io::read(self.terminal.get_ref(), &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.pressed = true;
                pty.press(&buffer[..count]);
            }
            Err(Errno::AGAIN) => ready.clear_ready(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.put_back();
    }
}
