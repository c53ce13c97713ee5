//! Starting the command.

use super::Environment;
use super::pty::{self, Pty};
use super::signals::Arrival;
use crate::exit::Exit;
use crate::inherited;
use crate::leash;
use crate::nesting;
use crate::outputs::Outputs;
use crate::terminal::TerminalSize;
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
}

/// Our ends of what the command writes to.
#[derive(Default)]
pub(super) struct Sources {
    /// Its terminal, if it has one.
    pub(super) pty: Option<Pty>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
}

impl Child {
    pub(super) fn spawn(
        mut command: Command,
        stdin: Option<Stdio>,
        outputs: Outputs,
        keys: bool,
    ) -> Result<(Self, Sources), SpawnError> {
        let sources = connect(&mut command, outputs, keys).map_err(SpawnError::Other)?;
        match stdin {
            Some(stdin) => _ = command.stdin(stdin),
            None if sources.pty.is_none() => _ = command.stdin(Stdio::null()),
            None => {}
        }
        leash::tie(&mut command);
        let process =
            tokio::process::Command::from(command).spawn().map_err(SpawnError::Refused)?;
        Ok((Self { process }, sources))
    }

    pub(super) async fn wait(&mut self) -> io::Result<Exit> {
        self.process.wait().await.map(Exit::from)
    }

    /// Passes a signal on that came to cachex.
    pub(super) fn pass_on(&self, arrival: Arrival, pty: Option<&Pty>) {
        let Some(signal) = Signal::from_named_raw(arrival.signal) else {
            return;
        };
        match pty {
            // Our terminal has told the command already, which must look again.
            Some(pty) if signal == Signal::WINCH => {
                pty.resize(TerminalSize::own());
                self.signal(signal);
            }
            // It signals the whole foreground group: the command has had its own.
            _ if arrival.from_process => self.signal(signal),
            _ => {}
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

/// Gives the command its output streams, and us their other ends.
fn connect(command: &mut Command, outputs: Outputs, keys: bool) -> io::Result<Sources> {
    let mut sources = Sources::default();
    let pipe = || {
        let (ours, theirs) = io::pipe()?;
        Ok::<_, io::Error>((OwnedFd::from(ours), OwnedFd::from(theirs)))
    };
    match outputs {
        Outputs::Apart => {
            let (stdout, theirs) = pipe()?;
            command.stdout(theirs);
            let (stderr, theirs) = pipe()?;
            command.stderr(theirs);
            sources = Sources { stdout: Some(stdout), stderr: Some(stderr), pty: None };
        }
        Outputs::Joined => {
            let (stdout, theirs) = pipe()?;
            command.stdout(theirs.try_clone()?).stderr(theirs);
            sources.stdout = Some(stdout);
        }
        Outputs::Partly { stdout, stderr } => {
            if stdout {
                let (ours, theirs) = pipe()?;
                command.stdout(theirs);
                sources.stdout = Some(ours);
            } else {
                inherited::pass_on_closed(command, rustix::stdio::stdout());
            }
            if stderr {
                let (ours, theirs) = pipe()?;
                command.stderr(theirs);
                sources.stderr = Some(ours);
            } else {
                inherited::pass_on_closed(command, rustix::stdio::stderr());
            }
        }
        Outputs::Terminal { columns } => {
            let size = TerminalSize { columns, ..TerminalSize::own() };
            let (pty, theirs) = pty::open(size, keys)?;
            command.stdin(theirs.try_clone()?).stdout(theirs.try_clone()?).stderr(theirs);
            sources.stdout = Some(pty.reader()?);
            sources.pty = Some(pty);
        }
    }
    Ok(sources)
}

/// A command that does not run yet.
pub(super) fn command(
    program: &Path,
    words: &[OsString],
    environment: Option<Environment>,
) -> Command {
    let mut command = Command::new(program);
    if let Some(environment) = environment {
        let nesting = nesting::variable();
        command.env_clear().envs(environment.into_iter().chain(nesting));
    }
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
pub fn exec(program: &Path, words: &[OsString], environment: Option<Environment>) -> SpawnError {
    let mut command = command(program, words, environment);
    for fd in [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()] {
        if inherited::is_closed(fd) {
            inherited::pass_on_closed(&mut command, fd);
        }
    }
    SpawnError::Refused(command.exec())
}
