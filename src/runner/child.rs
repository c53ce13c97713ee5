//! Starting the command.

use super::pty::{self, Pty};
use super::signals::Arrival;
use crate::exit::Exit;
use crate::inherited;
use crate::terminal::TerminalSize;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a command could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The system refuses to execute it.
    #[error("{0}")]
    Refused(io::Error),
    /// What is needed beside it failed.
    #[error("cannot run a command: {0}")]
    Other(io::Error),
}

/// A running command.
pub(super) struct Child {
    process: tokio::process::Child,
    pty: Option<Pty>,
}

/// Our ends of what the command writes to: a terminal is one stream.
pub(super) struct Outputs {
    pub(super) stdout: OwnedFd,
    pub(super) stderr: Option<OwnedFd>,
}

impl Child {
    pub(super) fn spawn(
        program: &Path,
        words: &[OsString],
        stdin: Option<Stdio>,
        terminal: Option<TerminalSize>,
    ) -> Result<(Self, Outputs), SpawnError> {
        let mut command = command(program, words);
        let connected = match terminal {
            Some(size) => connect_terminal(&mut command, size),
            None => connect_pipes(&mut command).map(|outputs| (None, outputs)),
        };
        let (pty, outputs) = connected.map_err(SpawnError::Other)?;
        match stdin {
            Some(stdin) => _ = command.stdin(stdin),
            None if pty.is_none() => _ = command.stdin(Stdio::null()),
            None => {}
        }
        die_with_us(&mut command);
        let process = tokio::process::Command::from(command)
            .spawn()
            .map_err(SpawnError::Refused)?;
        Ok((Self { process, pty }, outputs))
    }

    pub(super) async fn wait(&mut self) -> io::Result<Exit> {
        self.process.wait().await.map(Exit::from)
    }

    /// Passes a signal on that came to cachex.
    pub(super) fn pass_on(&self, arrival: Arrival) {
        let Some(signal) = Signal::from_named_raw(arrival.signal) else {
            return;
        };
        match &self.pty {
            Some(pty) if signal == Signal::WINCH => pty.resize(TerminalSize::own()),
            // Nobody could resume a group of another session that stops itself.
            Some(pty) if signal == Signal::TSTP => pty.signal(Signal::STOP),
            Some(pty) => pty.signal(signal),
            // Our terminal signals the whole foreground group: the command has had its own already.
            None if arrival.from_process => self.signal(signal),
            None => {}
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

fn connect_pipes(command: &mut Command) -> io::Result<Outputs> {
    let (stdout, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    command.stdout(theirs);
    let (stderr, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    command.stderr(theirs);
    Ok(Outputs {
        stdout,
        stderr: Some(stderr),
    })
}

fn connect_terminal(
    command: &mut Command,
    size: TerminalSize,
) -> io::Result<(Option<Pty>, Outputs)> {
    let (pty, theirs) = pty::open(size)?;
    command
        .stdin(theirs.try_clone()?)
        .stdout(theirs.try_clone()?)
        .stderr(theirs);
    pty::control(command);
    let stdout = pty.reader()?;
    Ok((
        Some(pty),
        Outputs {
            stdout,
            stderr: None,
        },
    ))
}

fn command(program: &Path, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    if let Some((name, arguments)) = words.split_first() {
        command.arg0(name).args(arguments);
    }
    inherited::pass_on(&mut command);
    command
}

/// Becomes the command: nothing of cachex stays.
///
/// Returns only when that fails.
#[must_use]
pub fn exec(program: &Path, words: &[OsString]) -> SpawnError {
    SpawnError::Refused(command(program, words).exec())
}

/// Kill -9 of cachex takes the command with it, where the system can do that.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn die_with_us(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};
    let cachex = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Killed before it could be asked for?
        if getppid() == Some(cachex) {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(ask) };
}

#[cfg(not(target_os = "linux"))]
fn die_with_us(_: &mut Command) {}
