//! A command with a terminal of its own, and the monitor that leads its session.
//!
//! The kernel lets Ctrl-Z stop a process only if another one of the same session, in another group, could continue it:
//! a shell does so for its jobs, the monitor for the command. The monitor starts the command, reports its state, and
//! does nothing else. When the monitor dies, the command is killed.

use super::command::spawn;
use crate::die_with_parent;
use crate::poll::poll_one;
use crate::process::{close_all_but, in_new_process, kill};
use crate::runner::async_fd::watch_pipe;
use crate::runner::error::SpawnError;
use crate::runner::signals::Signals;
use crate::tracer::Trace;
use rustix::event::{PollFlags, pause};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{
    Pid, WaitId, WaitIdOptions, getpid, ioctl_tiocsctty, setpgid, setsid, waitid,
};
use rustix::termios::tcsetpgrp;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The process between cachex and the command.
pub(super) struct Monitor {
    id: Pid,
    reports: AsyncFd<OwnedFd>,
}

/// The next number that the monitor reports. The first is the process id of the command, or a negative error number if
/// it cannot be started. Its wait statuses follow. `None` when there will be no more.
fn read_report(from: &OwnedFd) -> Result<Option<i32>, Errno> {
    // Each number is written and read in one piece.
    let mut report = [0; size_of::<i32>()];
    let count = retry_on_intr(|| rustix::io::read(from, &mut report))?;
    Ok((count == report.len()).then_some(i32::from_ne_bytes(report)))
}

/// Starts a command through a monitor, and returns its process id.
#[allow(unsafe_code)]
pub(super) fn start(
    mut command: Command,
    terminal: &OwnedFd,
    signals: &Signals,
    trace: Option<&mut Trace>,
) -> Result<(Pid, Monitor), SpawnError> {
    let (reports, write) = io::pipe().map_err(SpawnError::Unavailable)?;
    let write = OwnedFd::from(write);
    // This may fail, so it comes before the command.
    let reports =
        watch_pipe(reports.into(), Interest::READABLE).map_err(SpawnError::Unavailable)?;
    let cachex = getpid();
    let lead = || lead(&mut command, terminal, signals, trace, &write, cachex);
    // SAFETY: nothing that the monitor does takes a lock of ours.
    let id = unsafe { in_new_process(lead) }.map_err(SpawnError::Unavailable)?;
    drop((command, write));
    let first = loop {
        match read_report(reports.get_ref()) {
            Err(Errno::AGAIN) => _ = poll_one(reports.get_ref(), PollFlags::IN, None),
            first => break first,
        }
    };
    if let Ok(Some(command @ 1..)) = first
        && let Some(command) = Pid::from_raw(command)
    {
        return Ok((command, Monitor { id, reports }));
    }
    let error = match first {
        Ok(Some(fault @ ..0)) => SpawnError::of(io::Error::from_raw_os_error(-fault)),
        // The monitor may have started the command before it was killed.
        _ => SpawnError::OutOfSight(io::Error::other("the leader of its session ended")),
    };
    kill(id);
    Err(error)
}

impl Monitor {
    /// Waits until the command has stopped or ended.
    pub(super) async fn next(&mut self) -> io::Result<ExitStatus> {
        let status = loop {
            match read_report(self.reports.get_ref()) {
                Ok(Some(status)) => break ExitStatus::from_raw(status),
                Err(Errno::AGAIN) => self.reports.readable().await?.clear_ready(),
                // The monitor was killed, and the command with it.
                Ok(None) | Err(_) => break ExitStatus::from_raw(libc::SIGKILL),
            }
        };
        if status.stopped_signal().is_none() {
            // Until now no other process could get the process id of the command.
            kill(self.id);
        }
        Ok(status)
    }
}

/// The work of the monitor, with all signals blocked: leads a session, starts the command in it, and reports the state
/// of the command until cachex ends this process.
fn lead(
    command: &mut Command,
    terminal: &OwnedFd,
    signals: &Signals,
    trace: Option<&mut Trace>,
    reports: &OwnedFd,
    cachex: Pid,
) {
    let report = |number: i32| _ = rustix::io::write(reports, &number.to_ne_bytes());
    if die_with_parent::arrange_here(cachex).is_err() {
        return;
    }
    let started = setsid()
        .and_then(|_| ioctl_tiocsctty(terminal))
        .map_err(io::Error::from)
        .and_then(|()| start_in_foreground(command, signals, trace));
    let command = match started {
        Ok(command) => command,
        Err(fault) => return report(-fault.raw_os_error().unwrap_or(libc::EIO)),
    };
    report(command.as_raw_nonzero().get());
    let mut kept = [reports.as_raw_fd()];
    // SAFETY: nothing else is used from here on.
    #[allow(unsafe_code)]
    unsafe {
        close_all_but(&mut kept);
    }
    loop {
        let status = wait_for(command);
        if ExitStatus::from_raw(status).stopped_signal().is_none() {
            take_terminal();
            report(status);
            loop {
                pause();
            }
        }
        report(status);
    }
}

/// Starts the command in a process group of its own, which has the terminal.
#[allow(unsafe_code)]
fn start_in_foreground(
    command: &mut Command,
    signals: &Signals,
    trace: Option<&mut Trace>,
) -> io::Result<Pid> {
    let to_foreground = || {
        setpgid(None, None)?;
        Ok(tcsetpgrp(rustix::stdio::stdout(), getpid())?)
    };
    // SAFETY: only system calls are made.
    unsafe { command.pre_exec(to_foreground) };
    spawn(command, signals, trace)
}

/// Waits until the command has stopped or ended, and returns its wait status. The command is not reaped here. cachex
/// does that, and until then the process id stays reserved.
fn wait_for(command: Pid) -> i32 {
    let changes = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    let seen = retry_on_intr(|| waitid(WaitId::Pid(command), changes)).ok().flatten();
    let Some(seen) = seen else { return libc::SIGKILL };
    if let Some(signal) = seen.stopping_signal() {
        let _ = waitid(WaitId::Pid(command), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
        return libc::W_STOPCODE(signal);
    }
    match seen.exit_status() {
        Some(code) => libc::W_EXITCODE(code & 0xff, 0),
        None => seen.terminating_signal().unwrap_or(libc::SIGKILL),
    }
}

/// Puts the processes that the command left behind into the background of the terminal: when the leader of the session
/// ends, the processes in the foreground get a hang-up.
fn take_terminal() {
    // The terminal cannot be opened once no process has it open.
    let terminal = rustix::fs::open(c"/dev/tty", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    let _ = terminal.map(|terminal| tcsetpgrp(terminal, getpid()));
}
