//! A command with a terminal of its own, and the monitor that leads its session.
//!
//! The kernel lets Ctrl-Z stop a process only if another one of the same session, in another group, could continue it:
//! a shell does so for its jobs, the monitor for the command. It starts the command, reports what becomes of it, and
//! takes part in nothing else. When the monitor dies, the command is killed.

use super::state_change::StateChange;
use crate::die_with_parent;
use crate::exit::Exit;
use crate::process::{close_all_but, in_new_process, kill};
use crate::runner::async_fd::watch_pipe;
use crate::runner::error::SpawnError;
use crate::runner::signals::Signals;
use rustix::event::{PollFd, PollFlags, pause, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{
    Pid, WaitId, WaitIdOptions, getpid, ioctl_tiocsctty, setpgid, setsid, waitid,
};
use rustix::termios::tcsetpgrp;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The process between cachex and the command.
pub(super) struct Monitor {
    id: Pid,
    reports: AsyncFd<OwnedFd>,
}

/// What the monitor tells of the command.
#[derive(Clone, Copy)]
enum Report {
    /// It runs, under this number.
    Started(i32),
    /// It cannot be started, for this reason.
    Failed(i32),
    /// This signal stopped it.
    Stopped(i32),
    /// It exited with this code.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
}

/// The bytes of a report, which are written and read at once.
const REPORT_LENGTH: usize = 5;

impl Report {
    fn encode(self) -> [u8; REPORT_LENGTH] {
        let (kind, number) = match self {
            Self::Started(number) => (0, number),
            Self::Failed(number) => (1, number),
            Self::Stopped(number) => (2, number),
            Self::Exited(number) => (3, number),
            Self::Killed(number) => (4, number),
        };
        let [a, b, c, d] = number.to_ne_bytes();
        [kind, a, b, c, d]
    }

    fn decode([kind, number @ ..]: [u8; REPORT_LENGTH]) -> Option<Self> {
        let number = i32::from_ne_bytes(number);
        Some(match kind {
            0 => Self::Started(number),
            1 => Self::Failed(number),
            2 => Self::Stopped(number),
            3 => Self::Exited(number),
            4 => Self::Killed(number),
            _ => return None,
        })
    }

    /// Reads the next report; `None` when there will be no more.
    fn read(from: &OwnedFd) -> Result<Option<Self>, Errno> {
        let mut message = [0; REPORT_LENGTH];
        match retry_on_intr(|| rustix::io::read(from, &mut message))? {
            REPORT_LENGTH => Ok(Self::decode(message)),
            _ => Ok(None),
        }
    }
}

/// Starts a command through a monitor, and tells its number.
#[allow(unsafe_code)]
pub(super) fn start(
    mut command: Command,
    terminal: &OwnedFd,
    signals: &Signals,
) -> Result<(Pid, Monitor), SpawnError> {
    let (reports, write) = io::pipe().map_err(SpawnError::Unavailable)?;
    let write = OwnedFd::from(write);
    // This may fail, so it comes before the command.
    let reports =
        watch_pipe(reports.into(), Interest::READABLE).map_err(SpawnError::Unavailable)?;
    let cachex = getpid();
    let lead = || lead(&mut command, terminal, signals, &write, cachex);
    // SAFETY: nothing that the monitor does takes a lock of ours.
    let id = unsafe { in_new_process(lead) }.map_err(SpawnError::Unavailable)?;
    drop((command, write));
    let first = loop {
        match Report::read(reports.get_ref()) {
            Err(Errno::AGAIN) => {
                _ = poll(&mut [PollFd::new(reports.get_ref(), PollFlags::IN)], None);
            }
            first => break first,
        }
    };
    let error = match first {
        Ok(Some(Report::Started(command))) => match Pid::from_raw(command) {
            Some(command) => return Ok((command, Monitor { id, reports })),
            None => SpawnError::OutOfSight(Errno::SRCH.into()),
        },
        Ok(Some(Report::Failed(fault))) => SpawnError::of(io::Error::from_raw_os_error(fault)),
        // It may have started the command before it was killed.
        _ => SpawnError::OutOfSight(io::Error::other("the leader of its session ended")),
    };
    kill(id);
    Err(error)
}

impl Monitor {
    /// Waits until the command has stopped or ended.
    pub(super) async fn next(&mut self) -> io::Result<StateChange> {
        loop {
            let exit = match Report::read(self.reports.get_ref()) {
                Ok(Some(Report::Stopped(signal))) => return Ok(StateChange::Stopped(signal)),
                Ok(Some(Report::Exited(code))) => {
                    Exit::Code(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
                }
                Ok(Some(Report::Killed(signal))) => Exit::Signal(signal),
                Ok(Some(Report::Started(_) | Report::Failed(_))) => continue,
                Err(Errno::AGAIN) => {
                    self.reports.readable().await?.clear_ready();
                    continue;
                }
                // The monitor was killed, and the command with it.
                Ok(None) | Err(_) => Exit::Signal(libc::SIGKILL),
            };
            // Until now no other process could get the number of the command.
            kill(self.id);
            return Ok(StateChange::Ended(exit));
        }
    }
}

/// In the new process, where all signals are blocked: leads a session, starts the command in it, and reports what
/// becomes of it until cachex ends this process.
fn lead(
    command: &mut Command,
    terminal: &OwnedFd,
    signals: &Signals,
    reports: &OwnedFd,
    cachex: Pid,
) {
    let report = |what: Report| _ = rustix::io::write(reports, &what.encode());
    if die_with_parent::arrange_here(cachex).is_err() {
        return;
    }
    let started = setsid()
        .and_then(|_| ioctl_tiocsctty(terminal))
        .map_err(io::Error::from)
        .and_then(|()| start_in_foreground(command, signals));
    let command = match started {
        Ok(command) => command,
        Err(fault) => return report(Report::Failed(fault.raw_os_error().unwrap_or(libc::EIO))),
    };
    report(Report::Started(command.as_raw_nonzero().get()));
    let mut kept = [reports.as_raw_fd()];
    // SAFETY: nothing else is used from here on.
    #[allow(unsafe_code)]
    unsafe {
        close_all_but(&mut kept);
    }
    loop {
        let seen = wait_for(command);
        if !matches!(seen, Report::Stopped(_)) {
            take_terminal();
            report(seen);
            loop {
                pause();
            }
        }
        report(seen);
    }
}

/// Starts the command in a process group of its own, which has the terminal.
#[allow(unsafe_code)]
fn start_in_foreground(command: &mut Command, signals: &Signals) -> io::Result<Pid> {
    let to_foreground = || {
        setpgid(None, None)?;
        Ok(tcsetpgrp(rustix::stdio::stdout(), getpid())?)
    };
    // SAFETY: only system calls are made.
    unsafe { command.pre_exec(to_foreground) };
    die_with_parent::arrange(command);
    signals.pass_on(command);
    command.spawn().map(|child| Pid::from_child(&child))
}

/// Waits until the command has stopped or ended. Its end is left for cachex to see to: until then it keeps its number.
fn wait_for(command: Pid) -> Report {
    let changes = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    let seen = retry_on_intr(|| waitid(WaitId::Pid(command), changes)).ok().flatten();
    let Some(seen) = seen else { return Report::Killed(libc::SIGKILL) };
    if let Some(signal) = seen.stopping_signal() {
        let _ = waitid(WaitId::Pid(command), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
        return Report::Stopped(signal);
    }
    match seen.exit_status() {
        Some(code) => Report::Exited(code),
        None => Report::Killed(seen.terminating_signal().unwrap_or(libc::SIGKILL)),
    }
}

/// Puts the processes that the command left behind into the background of the terminal: those in its foreground are
/// hung up on when the leader of the session ends.
fn take_terminal() {
    // It cannot be opened once no process has it.
    let terminal = rustix::fs::open(c"/dev/tty", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    let _ = terminal.map(|terminal| tcsetpgrp(terminal, getpid()));
}
