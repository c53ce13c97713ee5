//! The keys of our own terminal, for a command that has a terminal of its own.
//!
//! Meanwhile our terminal is raw: it interprets neither keys nor output, so that the settings of the command's terminal
//! decide. It is restored at the end, whatever the reason, and before cachex stops.

use super::pty::Pty;
use crate::opening::open_to_read;
use crate::process_group::is_in_foreground;
use crate::runner::async_fd::watch;
use crate::terminal::Stream;
use rustix::fs::{CWD, OFlags};
use rustix::io::{Errno, ioctl_fionread};
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr, ttyname,
};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Whether there are keys for a command: standard input is a terminal, and we are in its foreground.
pub(crate) fn are_there() -> bool {
    is_in_foreground(stdin())
}

/// How often a job in the background checks whether it has come to the foreground.
const FOREGROUND_INTERVAL: Duration = Duration::from_millis(200);

/// How long to wait before keys are offered again to a command that took none.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Our terminal while its keys go to the command. Dropping this restores its settings.
pub(crate) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    /// The settings that our terminal had.
    pub(crate) before: Termios,
    /// Keys that the command has not taken yet.
    untaken: Vec<u8>,
    /// Whether the command may have got a key.
    pub(crate) pressed: bool,
}

impl Keys {
    /// Opens the terminal. Nothing is taken from it yet.
    pub(crate) fn open() -> io::Result<Self> {
        // Opened anew, since it becomes non-blocking: other processes share the flags of stdin.
        // In a container it may have no name.
        let terminal = open_to_read(CWD, c"/proc/self/fd/0", OFlags::empty()).or_else(|_| {
            let name = ttyname(stdin(), Vec::new())?;
            open_to_read(CWD, name.as_c_str(), OFlags::empty())
        })?;
        let terminal = watch(terminal, Interest::READABLE)?;
        let before = tcgetattr(stdin())?;
        Ok(Self { terminal, before, untaken: Vec::new(), pressed: false })
    }

    /// Takes the keys that were pressed before the terminal was raw. Among them, an end of input is a zero byte.
    pub(crate) fn take_typeahead(&mut self) {
        let count = ioctl_fionread(&self.terminal).ok().and_then(|count| count.try_into().ok());
        let mut ahead = vec![0; count.unwrap_or(0)];
        let count = rustix::io::read(&self.terminal, &mut ahead).unwrap_or(0);
        ahead.truncate(count);
        if self.before.local_modes.contains(LocalModes::ICANON) {
            let end = self.before.special_codes[SpecialCodeIndex::VEOF];
            ahead.iter_mut().filter(|key| **key == 0).for_each(|key| *key = end);
        }
        self.untaken = ahead;
    }

    /// Makes the terminal raw if we are in its foreground, at first and again after [`Keys::put_back`].
    pub(crate) fn make_raw(&self) {
        if !are_there() {
            return;
        }
        let mut settings = self.before.clone();
        settings.make_raw();
        if !Stream::Stdout.is_terminal() {
            // The process that reads our output writes there, and relies on its translation.
            settings.output_modes = self.before.output_modes;
        }
        settings.special_codes[SpecialCodeIndex::VMIN] = 1;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(stdin(), OptionalActions::Now, &settings);
    }

    /// Leaves the terminal as it was, unless another process group has it now.
    pub(crate) fn put_back(&self) {
        if are_there() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
        }
    }

    /// Passes on the keys that are pressed next.
    pub(crate) async fn pass_on(&mut self, pty: &Pty) -> io::Result<()> {
        if self.untaken.is_empty() {
            return self.read().await;
        }
        self.pressed = true;
        let taken = pty.press(&self.untaken);
        self.untaken.drain(..taken);
        if !self.untaken.is_empty() {
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Ok(())
    }

    async fn read(&mut self) -> io::Result<()> {
        let mut ready = self.terminal.readable().await?;
        if !are_there() {
            // These keys are for the process group in the foreground.
            tokio::time::sleep(FOREGROUND_INTERVAL).await;
            return Ok(());
        }
        let mut buffer = [0; 1024];
        match rustix::io::read(self.terminal.get_ref(), &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.untaken.extend(&buffer[..count]),
            Err(Errno::AGAIN) => ready.clear_ready(),
            Err(Errno::INTR) => {}
            // We have just been put into the background.
            Err(Errno::IO) if !are_there() => {}
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
