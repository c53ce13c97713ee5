//! A command that runs, and its end.

use super::change::Change;
use super::command::{Launch, Standard};
use super::monitor::{self, Monitor, Seen};
use super::vfork::{self, Plan, Started};
use crate::die_with_parent;
use crate::runner::async_fd::watch;
use crate::runner::error::SpawnError;
use crate::runner::process::reap;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A running command.
pub(in crate::runner) struct Process {
    id: libc::pid_t,
    /// Readable when it has ended. Not every system has it.
    end: Option<AsyncFd<OwnedFd>>,
    /// What waits for it in our place, if it has a terminal of its own.
    monitor: Option<Monitor>,
    has_ended: bool,
}

/// How often a system without it is asked.
const LOOK: Duration = Duration::from_millis(5);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// Why the system does not execute it.
    pub(in crate::runner) fn start(launch: Launch<'_>) -> Result<Self, SpawnError> {
        if let (true, Standard::Given(terminal)) = (launch.leads_a_session, &launch.standard[1]) {
            let terminal = terminal.as_raw_fd();
            return Self::monitored(&launch, terminal);
        }
        let (id, end) = match vfork::start(&launch) {
            Started::Runs(id, end) => (id, end),
            Started::Refused(fault) => return Err(SpawnError::Refused(fault)),
            Started::NoProcess(fault) => return Err(SpawnError::Other(fault)),
            Started::OutOfSight(fault) => return Err(SpawnError::OutOfSight(fault)),
            Started::Unsupported => return Self::fork(launch),
        };
        // What the command has is not ours any more.
        drop(launch);
        Ok(Self::new(id, end))
    }

    /// Starts a command on a terminal of its own.
    fn monitored(launch: &Launch<'_>, terminal: RawFd) -> Result<Self, SpawnError> {
        let Some(signals) = launch.signals else {
            return Err(SpawnError::Other(io::ErrorKind::Unsupported.into()));
        };
        let mut plan = Plan::of(launch, signals).map_err(SpawnError::Refused)?;
        match monitor::start(&mut plan, terminal) {
            Ok((id, monitor)) => {
                Ok(Self { id, end: None, monitor: Some(monitor), has_ended: false })
            }
            Err(Started::Refused(fault)) => Err(SpawnError::Refused(fault)),
            Err(Started::NoProcess(fault)) => Err(SpawnError::Other(fault)),
            Err(Started::OutOfSight(fault)) => Err(SpawnError::OutOfSight(fault)),
            Err(_) => Err(SpawnError::Other(io::ErrorKind::Unsupported.into())),
        }
    }

    /// The same as the language does it.
    fn fork(launch: Launch<'_>) -> Result<Self, SpawnError> {
        let mut command = launch.command();
        die_with_parent::arrange(&mut command);
        let child = command.spawn().map_err(SpawnError::Refused)?;
        let id = child.id().cast_signed();
        let end = Pid::from_raw(id).and_then(|id| pidfd_open(id, PidfdFlags::empty()).ok());
        Ok(Self::new(id, end))
    }

    fn new(id: libc::pid_t, end: Option<OwnedFd>) -> Self {
        let end = end.and_then(|end| watch(end, Interest::READABLE).ok());
        Self { id, end, monitor: None, has_ended: false }
    }

    /// Waits for its end, and where there is a monitor also until it has stopped. Whoever stops waiting may begin
    /// again.
    pub(in crate::runner) async fn wait(&mut self) -> io::Result<Change> {
        if let Some(monitor) = &mut self.monitor {
            return Ok(match monitor.next().await? {
                Seen::Stopped(signal) => Change::Stopped(signal),
                Seen::Ended(exit) => {
                    self.has_ended = true;
                    Change::Ended(exit)
                }
            });
        }
        match &self.end {
            Some(end) => _ = end.readable().await?,
            None => {
                while !self.is_at_its_end() {
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
        self.has_ended = true;
        reap(self.id).map(Change::Ended)
    }

    /// Its number, as long as nobody else can have it.
    pub(in crate::runner) fn id(&self) -> Option<libc::pid_t> {
        (!self.has_ended).then_some(self.id)
    }

    fn is_at_its_end(&self) -> bool {
        self.look(libc::WEXITED | libc::WNOWAIT).is_some()
    }

    /// The signal that stopped it since this was last asked.
    pub(in crate::runner) fn was_stopped(&self) -> Option<i32> {
        // SAFETY: for a process that stopped the field holds the signal.
        #[allow(unsafe_code)]
        self.look(libc::WSTOPPED).map(|info| unsafe { info.si_status() })
    }

    /// Whether it was continued since this was last asked.
    pub(in crate::runner) fn was_continued(&self) -> bool {
        self.look(libc::WCONTINUED).is_some()
    }

    /// What became of it, if that is of the kind that is asked for.
    #[allow(unsafe_code)]
    fn look(&self, options: c_int) -> Option<libc::siginfo_t> {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let id = libc::id_t::from(self.id.unsigned_abs());
        // SAFETY: the call fills the struct, for which zero is a value: nothing has happened yet.
        unsafe {
            let asked = libc::waitid(libc::P_PID, id, info.as_mut_ptr(), options | libc::WNOHANG);
            let info = info.assume_init();
            (asked == 0 && info.si_pid() == self.id).then_some(info)
        }
    }
}
