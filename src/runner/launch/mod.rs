//! Starting the command, and noticing its end.
//!
//! It starts with what our caller gave us: the signals that it ignores or blocks, and what is closed; and it
//! ends with us, where the system can do that.

#[cfg(target_os = "linux")]
mod monitor;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod vfork;

#[cfg(not(target_os = "linux"))]
pub(super) use portable::Process;
#[cfg(target_os = "linux")]
pub(super) use process::Process;

use super::Environment;
use super::signals::Signals;
use crate::exit::Exit;
use crate::inherited;
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
    /// What is needed beside it failed: it did not run.
    #[error("cannot run a command: {0}")]
    Other(io::Error),
    /// It runs, or has run, and nobody can tell what becomes of it.
    #[error("cannot tell how the command ended: {0}")]
    OutOfSight(io::Error),
}

/// A command that does not run yet.
pub(super) struct Launch<'a> {
    /// The file to execute.
    pub(super) program: &'a Path,
    /// The command line.
    pub(super) words: &'a [OsString],
    /// All that is in its environment; `None`: what is in ours.
    pub(super) environment: Option<Environment>,
    /// Its standard input, output and error.
    pub(super) standard: [Standard; 3],
    /// Whether it gets a session of its own, controlled by the terminal that is its standard output.
    pub(super) leads_a_session: bool,
    /// The signals that we hold back, and it finds as our caller left them.
    pub(super) signals: Option<&'a Signals>,
}

/// What has become of a command.
pub(super) enum Change {
    /// It has ended.
    Ended(Exit),
    /// This signal stopped it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "seen otherwise there"))]
    Stopped(i32),
}

/// What a command has as one of its standard descriptors.
pub(super) enum Standard {
    /// The same as we.
    Ours,
    /// Nothing.
    Closed,
    /// Something that is ours until then.
    Given(OwnedFd),
}

impl Launch<'_> {
    /// The same as the language takes it.
    pub(super) fn command(self) -> Command {
        let mut command = Command::new(self.program);
        if let Some(environment) = self.environment {
            command.env_clear().envs(environment);
        }
        if let Some((name, arguments)) = self.words.split_first() {
            command.arg0(name).args(arguments);
        }
        inherited::pass_on(&mut command);
        if let Some(signals) = self.signals {
            signals.pass_on(&mut command);
        }
        let own = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        for (standard, fd) in self.standard.iter().zip(own) {
            if matches!(standard, Standard::Closed) {
                inherited::pass_on_closed(&mut command, fd);
            }
        }
        let [stdin, stdout, stderr] = self.standard.map(|standard| match standard {
            Standard::Ours | Standard::Closed => Stdio::inherit(),
            Standard::Given(fd) => fd.into(),
        });
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        command
    }
}
