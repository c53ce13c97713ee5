//! Where Linux is not: as the language and its runtime do it.

use super::{Launch, Standard};
use crate::exit::Exit;
use crate::inherited;
use crate::runner::child::SpawnError;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// A running command.
pub(in crate::runner) struct Process(tokio::process::Child);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// Why the system does not execute it.
    pub(in crate::runner) fn start(launch: Launch<'_>) -> Result<Self, SpawnError> {
        let mut command = Command::new(launch.program);
        if let Some(environment) = launch.environment {
            command.env_clear().envs(environment);
        }
        if let Some((name, arguments)) = launch.words.split_first() {
            command.arg0(name).args(arguments);
        }
        inherited::pass_on(&mut command);
        let own = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        for (standard, fd) in launch.standard.iter().zip(own) {
            if matches!(standard, Standard::Closed) {
                inherited::pass_on_closed(&mut command, fd);
            }
        }
        let [stdin, stdout, stderr] = launch.standard.map(|standard| match standard {
            Standard::Ours | Standard::Closed => Stdio::inherit(),
            Standard::Given(fd) => fd.into(),
        });
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        tokio::process::Command::from(command).spawn().map(Self).map_err(SpawnError::Refused)
    }

    /// Waits for its end. Whoever stops waiting may begin again.
    pub(in crate::runner) async fn wait(&mut self) -> io::Result<Exit> {
        self.0.wait().await.map(Exit::from)
    }

    /// Its number, as long as nobody else can have it.
    pub(in crate::runner) fn id(&self) -> Option<libc::pid_t> {
        self.0.id().and_then(|id| id.try_into().ok())
    }
}
