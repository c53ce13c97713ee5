//! A small process that watches a stopped command while cachex is stopped too.
//!
//! The process that continues the command, or kills it, may not know of cachex. So the lookout continues cachex as soon
//! as the command is no longer stopped.

use crate::die_with_parent;
use crate::opening::open_to_read;
use crate::process::{ProcessStat, in_new_process, kill};
use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// The process that watches. Dropping this ends it.
pub(super) struct Lookout(Pid);

/// How often it looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

impl Lookout {
    /// Begins to watch. Returns `None` if that is not possible. All signals have to be blocked.
    #[allow(unsafe_code)]
    pub(super) fn begin(command: Pid) -> Option<Self> {
        let path = format!("/proc/{}/stat", command.as_raw_nonzero());
        let stat = open_to_read(CWD, path, OFlags::empty()).ok()?;
        let cachex = getpid();
        // SAFETY: the new process takes no lock.
        unsafe { in_new_process(|| watch(&stat, cachex)) }.ok().map(Self)
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        kill(self.0);
    }
}

/// Continues cachex whenever the process whose `stat` this is has not stopped.
fn watch(stat: &OwnedFd, cachex: Pid) {
    let _ = die_with_parent::arrange_here(cachex);
    while getppid() == Some(cachex) {
        if !may_be_stopped(stat) {
            // This is repeated, since a stop that comes just afterwards undoes it.
            let _ = kill_process(cachex, Signal::CONT);
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
}

/// A process that cannot be looked at may be stopped.
fn may_be_stopped(stat: &OwnedFd) -> bool {
    let mut content = [0; 512];
    match rustix::io::pread(stat, &mut content, 0) {
        Ok(count) => ProcessStat::parse(&content[..count]).is_none_or(|it| it.is_stopped()),
        // The process is gone.
        Err(Errno::SRCH) => false,
        Err(_) => true,
    }
}
