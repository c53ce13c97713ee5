//! Starting the command.

use crate::exit::Exit;
use crate::nesting::ACTIVE_VARIABLE;
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

/// Our ends of its pipes.
pub(super) struct Pipes {
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

impl Child {
    pub(super) fn spawn(
        program: &Path,
        words: &[OsString],
        stdin: Stdio,
    ) -> Result<(Self, Pipes), SpawnError> {
        let pipe = || {
            rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
                .map_err(|error| SpawnError::Other(error.into()))
        };
        let (stdout, child_stdout) = pipe()?;
        let (stderr, child_stderr) = pipe()?;
        let mut command = command(program, words);
        command
            .stdin(stdin)
            .stdout(child_stdout)
            .stderr(child_stderr);
        command.env(ACTIVE_VARIABLE, "1");
        die_with_us(&mut command);
        let process = tokio::process::Command::from(command)
            .spawn()
            .map_err(SpawnError::Refused)?;
        Ok((Self { process }, Pipes { stdout, stderr }))
    }

    pub(super) async fn wait(&mut self) -> io::Result<Exit> {
        self.process.wait().await.map(Exit::from)
    }

    /// Sends a signal to the command, unless it has ended.
    pub(super) fn signal(&self, signal: i32) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw)
            && let Some(signal) = rustix::process::Signal::from_named_raw(signal)
        {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

fn command(program: &Path, words: &[OsString]) -> Command {
    let mut command = Command::new(program);
    if let Some((name, arguments)) = words.split_first() {
        command.arg0(name).args(arguments);
    }
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
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
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
