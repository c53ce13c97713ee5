//! Work that continues in a process of its own after this one has ended.
//!
//! That process holds none of our descriptors, so a caller that waits until they are closed does not wait for it. It
//! has a session of its own, so no hang-up reaches it.

use super::wait::wait_until;
use crate::process::in_new_process_with;
use crate::terminal;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, WaitOptions, getpid, setsid, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::process::Child;
use std::time::{Duration, Instant};

/// Does `work` in a new process with a session of its own, no input and no output. The only one of our descriptors that
/// it has is `keep`. When this returns, the new process is already set up like this.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// No other thread may run, and the only descriptor from before that `work` may use is the one that is kept.
#[allow(unsafe_code)]
pub unsafe fn in_background(keep: Option<RawFd>, work: impl FnOnce()) -> io::Result<Background> {
    let (ready, report) = io::pipe()?;
    let report_fd = report.as_raw_fd();
    let mut report = Some(report);
    terminal::remember_own();
    let begin = || {
        let Some(report) = report.take() else { return };
        if detach().is_ok() {
            let _ = rustix::io::write(&report, b"r");
            drop(report);
            work();
        }
    };
    let kept = vec![0, 1, 2, keep.unwrap_or(0), report_fd];
    // SAFETY: the caller's promise. With one thread the new process may do anything that this one may.
    let id = unsafe { in_new_process_with(kept, begin)? };
    drop(report);
    match retry_on_intr(|| rustix::io::read(&ready, &mut [0])) {
        Ok(1..) => Ok(Background { id }),
        _ => Err(io::Error::other("the new process could not be set up")),
    }
}

/// A process that works in the background.
#[derive(Debug)]
#[must_use]
pub struct Background {
    id: Pid,
}

impl Background {
    /// Lets the process outlive this one. The end of process 1 kills all others in its namespace, so process 1 waits
    /// for them instead, unless a signal ends it.
    pub fn outlive_us(self) {
        self.outlive_us_for(None);
    }

    /// The same, but process 1 waits no longer than this.
    pub fn outlive_us_for(self, limit: Option<Duration>) {
        if getpid() != Pid::INIT {
            return;
        }
        let begun = Instant::now();
        let is_over = || limit.is_some_and(|limit| begun.elapsed() >= limit).then_some(());
        let has_ended = || match waitpid(Some(self.id), WaitOptions::NOHANG) {
            Ok(None) | Err(Errno::INTR) => is_over(),
            Ok(Some(_)) | Err(_) => Some(()),
        };
        // If this fails, the work is lost, like that of every process in the namespace.
        let _ = wait_until(|| {}, has_ended, None);
    }
}

impl From<Child> for Background {
    fn from(process: Child) -> Self {
        Self { id: Pid::from_child(&process) }
    }
}

fn detach() -> io::Result<()> {
    setsid()?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    Ok(dup2_stderr(&null)?)
}
