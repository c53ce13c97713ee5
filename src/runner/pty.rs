//! A pseudo-terminal for the command, in place of pipes.
//!
//! Our own terminal, if there is one, stays the controlling one: its keys signal the command, and
//! `/dev/tty` reaches the person. What is written to the new one comes back unchanged, so newlines
//! are translated once only, by the real terminal.

use crate::terminal::{TerminalSize, own_settings};
use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Winsize, tcgetattr, tcsetattr,
    tcsetwinsize,
};
use std::io;
use std::os::fd::OwnedFd;

/// Our end of the command's terminal.
pub(super) struct Pty {
    master: OwnedFd,
}

/// Opens a terminal of this size: our end, and the command's. Without keys, reading from it finds
/// the end at once.
pub(super) fn open(size: TerminalSize, keys: bool) -> io::Result<(Pty, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    fcntl_setfd(&master, FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut settings = own_settings().map_or_else(|| tcgetattr(&slave), Ok)?;
    settings.output_modes.remove(OutputModes::ONLCR);
    if !keys {
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
    pub(super) fn reader(&self) -> io::Result<OwnedFd> {
        Ok(rustix::io::fcntl_dupfd_cloexec(&self.master, 3)?)
    }

    /// Types for the command.
    pub(super) fn press(&self, keys: &[u8]) {
        // A command that reads none of so many loses the rest, as it would to a full terminal.
        let _ = rustix::io::write(&self.master, keys);
    }

    /// Follows the size of our own terminal; the kernel tells the command.
    pub(super) fn resize(&self, size: TerminalSize) {
        let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
        let _ = tcsetwinsize(&self.master, size);
    }
}
