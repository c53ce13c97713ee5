//! A command that is traced, from its start to its end.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
use super::engine::{
    FilterInstall, Keeper, Supervisor, WatchedDescriptors, become_an_ancestor, gains_privileges,
    no_new_privileges, prepare,
};
use super::error::TraceFault;
use crate::inputs::Ledger;
use std::os::fd::RawFd;
use std::path::Path;
use std::process::Command;

/// What a command did that was traced.
#[derive(Debug)]
pub struct TraceEnd {
    /// All that it asked for and changed.
    pub ledger: Ledger,
    /// The watched descriptors that no process of it used.
    pub unused: Vec<RawFd>,
}

/// A command that is traced.
///
/// It is started by [`Command::spawn`], for which all signals have to be blocked. Processes that outlive the command, or
/// cachex, go on as if they had never been traced.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[derive(Debug)]
#[must_use]
pub struct Trace {
    supervisor: Supervisor,
    install: Option<FilterInstall>,
    watched: WatchedDescriptors,
    /// The process that answers after our end, or why the command is not traced.
    keeper: Result<Option<Keeper>, TraceFault>,
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Trace {
    /// Prepares to trace this program. `watched`: descriptors that it inherits, of which it is to be known whether it uses
    /// them.
    ///
    /// # Errors
    /// Why that is not possible. The command is to run untraced then.
    pub fn prepare(
        ledger: Ledger,
        program: &Path,
        watched: Vec<RawFd>,
    ) -> Result<Self, TraceFault> {
        let may_lose = !rustix::process::geteuid().is_root() && !no_new_privileges();
        if may_lose && gains_privileges(program) {
            return Err(TraceFault::Privileged);
        }
        let adopts = become_an_ancestor()?;
        let watched = WatchedDescriptors::new(watched);
        let (install, source) = prepare(&watched).map_err(TraceFault::Other)?;
        let supervisor = Supervisor::start(source, ledger, watched.clone(), adopts)
            .map_err(TraceFault::Other)?;
        Ok(Self { supervisor, install: Some(install), watched, keeper: Ok(None) })
    }

    /// Has a command trace itself. This comes after all else that is arranged for it.
    pub fn arrange(&mut self, command: &mut Command) {
        if let Some(install) = self.install.take() {
            install.arrange(command);
        }
    }

    /// The command has been started.
    pub fn guard(&mut self) {
        // Without a keeper nothing changes for the command itself.
        self.keeper = self.supervisor.listener().map(|it| Keeper::start(&it).ok());
    }

    /// The command has ended: all that it did.
    ///
    /// # Errors
    /// Why it was not traced, or not to its end.
    pub fn end(self) -> Result<TraceEnd, TraceFault> {
        // The keeper goes to work when this process ends: until then calls go on as before.
        self.keeper.map(std::mem::forget)?;
        let (ledger, used) = self.supervisor.end()?;
        Ok(TraceEnd { ledger, unused: self.watched.without(&used) })
    }
}

/// Elsewhere there is no such command.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[derive(Debug)]
#[must_use]
pub struct Trace(std::convert::Infallible);

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[allow(missing_docs, reason = "they are never called")]
#[allow(clippy::missing_errors_doc, reason = "they are never called")]
impl Trace {
    pub fn prepare(_: Ledger, _: &Path, _: Vec<RawFd>) -> Result<Self, TraceFault> {
        Err(TraceFault::Unsupported)
    }

    pub fn arrange(&mut self, _: &mut Command) {
        match self.0 {}
    }

    pub fn guard(&mut self) {
        match self.0 {}
    }

    pub fn end(self) -> Result<TraceEnd, TraceFault> {
        match self.0 {}
    }
}
