//! A command that runs, and its end.

#[cfg(target_os = "linux")]
use super::command::Standard;
use super::command::{Launch, spawn};
#[cfg(target_os = "linux")]
use super::monitor::{self, Monitor};
use crate::process::reap;
use crate::runner::async_fd::watch;
use crate::runner::error::SpawnError;
use crate::runner::signals::Signals;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};
use std::io;
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A running command.
pub(crate) struct Process {
    id: Pid,
    /// Readable once it has ended. Older kernels and other systems have no such descriptor.
    end: Option<AsyncFd<OwnedFd>>,
    /// The process between cachex and a command with a terminal of its own.
    #[cfg(target_os = "linux")]
    monitor: Option<Monitor>,
    has_ended: bool,
}

/// How often to look for the end of the command if no descriptor reports it. SIGCHLD makes us look earlier.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

impl Process {
    /// Starts a command. It finds signals as our caller left them.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub(crate) fn start(mut launch: Launch<'_>, signals: &Signals) -> Result<Self, SpawnError> {
        let trace = launch.trace.take();
        #[cfg(target_os = "linux")]
        if let (true, Standard::Given(terminal)) = (launch.leads_a_session, &launch.standard[1]) {
            let terminal = terminal.try_clone().map_err(SpawnError::Unavailable)?;
            let command = launch.into_command().map_err(SpawnError::Refused)?;
            let (id, monitor) = monitor::start(command, &terminal, signals, trace)?;
            return Ok(Self { id, end: None, monitor: Some(monitor), has_ended: false });
        }
        #[cfg(not(target_os = "linux"))]
        let leads_a_session = launch.leads_a_session;
        let mut command = launch.into_command().map_err(SpawnError::Refused)?;
        #[cfg(not(target_os = "linux"))]
        if leads_a_session {
            lead_session(&mut command);
        }
        let id = spawn(&mut command, signals, trace).map_err(SpawnError::of)?;
        Ok(Self {
            id,
            end: end_of(id).and_then(|end| watch(end, Interest::READABLE).ok()),
            #[cfg(target_os = "linux")]
            monitor: None,
            has_ended: false,
        })
    }

    /// Waits for its end, or with a monitor also for a stop. If this future is dropped, a new wait may begin.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        #[cfg(target_os = "linux")]
        if let Some(monitor) = &mut self.monitor {
            let status = monitor.next().await?;
            self.has_ended = status.stopped_signal().is_none();
            return Ok(status);
        }
        match &self.end {
            Some(end) => _ = end.readable().await?,
            None => {
                while self.look(WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).is_none() {
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
            }
        }
        self.has_ended = true;
        Ok(reap(self.id)?)
    }

    /// Its process id, as long as no other process can have it.
    pub(crate) fn id(&self) -> Option<Pid> {
        (!self.has_ended).then_some(self.id)
    }

    /// The signal that stopped it since this was last asked.
    pub(crate) fn was_stopped(&self) -> Option<i32> {
        self.look(WaitIdOptions::STOPPED)?.stopping_signal()
    }

    /// Whether it was continued since this was last asked.
    pub(crate) fn was_continued(&self) -> bool {
        self.look(WaitIdOptions::CONTINUED).is_some()
    }

    /// Its change of state, if there was one of the kind that is asked for.
    fn look(&self, kind: WaitIdOptions) -> Option<WaitIdStatus> {
        waitid(WaitId::Pid(self.id()?), kind | WaitIdOptions::NOHANG).ok().flatten()
    }
}

#[cfg(target_os = "linux")]
fn end_of(process: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn end_of(_: Pid) -> Option<OwnedFd> {
    None
}

/// Has a command lead a session, with its standard output as the terminal. No other process of that session could
/// continue it after Ctrl-Z, so the kernel does not stop it.
#[cfg(not(target_os = "linux"))]
#[allow(unsafe_code)]
fn lead_session(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let lead = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdout())?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(lead) };
}
