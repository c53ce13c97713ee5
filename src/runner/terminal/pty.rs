//! A pseudo-terminal for the command, in place of pipes.
//!
//! It controls the command's session: its keys send signals to the command, which finds it as `/dev/tty`. It begins with the
//! settings of our own terminal, and only the command changes them.

use crate::runner::signals::signal_group;
use crate::terminal::{TerminalSize, own_settings};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, Winsize, tcgetattr, tcgetpgrp,
    tcgetwinsize, tcsetattr, tcsetwinsize,
};
use std::io;
use std::os::fd::OwnedFd;

/// Our end of the command's terminal.
pub(crate) struct Pty {
    master: OwnedFd,
}

/// Opens a terminal of this size, and returns our end and the command's. It gets the settings of the terminal whose
/// `keys` are passed on. Without `keys` a read finds the end at once.
pub(crate) fn open(size: TerminalSize, keys: Option<&Termios>) -> io::Result<(Pty, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    fcntl_setfd(&master, FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let own = keys.cloned().or_else(own_settings);
    let mut settings = own.map_or_else(|| tcgetattr(&slave), Ok)?;
    if keys.is_none() {
        settings.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        settings.special_codes[SpecialCodeIndex::VMIN] = 0;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    }
    tcsetattr(&slave, OptionalActions::Now, &settings)?;
    let pty = Pty { master };
    pty.resize(size);
    Ok((pty, slave))
}

impl Pty {
    /// The end that output is read from.
    pub(crate) fn reader(&self) -> io::Result<OwnedFd> {
        self.master.try_clone()
    }

    /// Passes keys on to the command. Returns how many it has taken.
    pub(crate) fn press(&self, keys: &[u8]) -> usize {
        match rustix::io::write(&self.master, keys) {
            Ok(taken) => taken,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            // They will never be read.
            Err(_) => keys.len(),
        }
    }

    /// Gives it the size of our own terminal, of which the kernel informs the command. Returns whether the size has
    /// changed.
    pub(crate) fn resize(&self, size: TerminalSize) -> bool {
        let before = tcgetwinsize(&self.master).map(|size| (size.ws_row, size.ws_col));
        let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
        let _ = tcsetwinsize(&self.master, size);
        before != Ok((size.ws_row, size.ws_col))
    }

    /// Sends a signal to the processes in its foreground, as a key does.
    pub(crate) fn signal_foreground(&self, signal: i32) {
        if let Ok(group) = tcgetpgrp(&self.master) {
            signal_group(group, signal);
        }
    }
}
