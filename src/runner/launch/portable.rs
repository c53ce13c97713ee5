//! A command that runs, and its end, where Linux is not.

use super::{Launch, SpawnError};
use crate::exit::Exit;
use std::io;

/// A running command.
pub(in crate::runner) struct Process(tokio::process::Child);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// Why the system does not execute it.
    pub(in crate::runner) fn start(launch: Launch<'_>) -> Result<Self, SpawnError> {
        let started = tokio::process::Command::from(launch.command()).spawn();
        started.map(Self).map_err(SpawnError::Refused)
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
