//! A command that runs, and its end, where Linux is not.

use super::change::Change;
use super::command::Launch;
use crate::exit::Exit;
use crate::runner::error::SpawnError;
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A running command.
pub(in crate::runner) struct Process(tokio::process::Child);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// Why the system does not execute it.
    pub(in crate::runner) fn start(launch: Launch<'_>) -> Result<Self, SpawnError> {
        let leads_a_session = launch.leads_a_session;
        let mut command = launch.command();
        if leads_a_session {
            lead_session(&mut command);
        }
        let started = tokio::process::Command::from(command).spawn();
        started.map(Self).map_err(SpawnError::Refused)
    }

    /// Waits for its end. Whoever stops waiting may begin again.
    pub(in crate::runner) async fn wait(&mut self) -> io::Result<Change> {
        self.0.wait().await.map(|status| Change::Ended(Exit::from(status)))
    }

    /// Its number, as long as nobody else can have it.
    pub(in crate::runner) fn id(&self) -> Option<libc::pid_t> {
        self.0.id().and_then(|id| id.try_into().ok())
    }

    /// The signal that stopped it since this was last asked.
    pub(in crate::runner) fn was_stopped(&self) -> Option<i32> {
        self.look(libc::WSTOPPED).map(|info| info.si_status)
    }

    /// Whether it was continued since this was last asked.
    pub(in crate::runner) fn was_continued(&self) -> bool {
        self.look(libc::WCONTINUED).is_some()
    }

    /// What became of it, if that is of the kind that is asked for.
    #[allow(unsafe_code)]
    fn look(&self, options: c_int) -> Option<libc::siginfo_t> {
        let process = self.id()?;
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let id = libc::id_t::from(process.unsigned_abs());
        // SAFETY: the call fills the struct, for which zero is a value: nothing has happened yet.
        unsafe {
            let asked = libc::waitid(libc::P_PID, id, info.as_mut_ptr(), options | libc::WNOHANG);
            let info = info.assume_init();
            (asked == 0 && info.si_pid == process).then_some(info)
        }
    }
}

/// Has a command lead a session, with its standard output as the terminal. Nobody could have it go on after Ctrl-Z, so
/// the kernel does not stop it.
#[allow(unsafe_code)]
fn lead_session(command: &mut Command) {
    let lead = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdout())?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(lead) };
}
