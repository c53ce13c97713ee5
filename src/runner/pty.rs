//! A pseudo-terminal for the command, in place of pipes.
//!
//! Our own terminal, if there is one, stays as it is: nothing has to be restored. What is written
//! there comes back unchanged, so newlines are translated once only, by the real terminal; reading
//! finds the end at once.

use crate::terminal::{TerminalSize, own_settings};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, ioctl_tiocsctty, kill_process_group, setsid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Winsize, tcgetattr, tcgetpgrp,
    tcsetattr, tcsetwinsize,
};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Our end of the command's terminal.
pub(super) struct Pty {
    master: OwnedFd,
}

/// Opens a terminal of this size: our end, and the command's.
pub(super) fn open(size: TerminalSize) -> io::Result<(Pty, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut settings = own_settings().map_or_else(|| tcgetattr(&slave), Ok)?;
    settings.output_modes.remove(OutputModes::ONLCR);
    settings
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ICANON);
    settings.special_codes[SpecialCodeIndex::VMIN] = 0;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&slave, OptionalActions::Now, &settings)?;
    let pty = Pty { master };
    pty.resize(size);
    Ok((pty, slave))
}

/// Makes the terminal on the command's standard output its controlling one, in its own session.
#[allow(unsafe_code)]
pub(super) fn control(command: &mut Command) {
    let take = || {
        setsid()?;
        ioctl_tiocsctty(rustix::stdio::stdout())?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(take) };
}

impl Pty {
    /// The end that output is read from.
    pub(super) fn reader(&self) -> io::Result<OwnedFd> {
        Ok(rustix::io::fcntl_dupfd_cloexec(&self.master, 3)?)
    }

    /// Follows the size of our own terminal; the kernel tells the command.
    pub(super) fn resize(&self, size: TerminalSize) {
        let size = Winsize {
            ws_row: size.rows,
            ws_col: size.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let _ = tcsetwinsize(&self.master, size);
    }

    /// Sends a signal to what runs in the foreground there, as a terminal does.
    pub(super) fn signal(&self, signal: Signal) {
        if let Ok(group) = tcgetpgrp(&self.master) {
            let _ = kill_process_group(group, signal);
        }
    }
}
