//! Waits for the end of a process that cachex started.

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, WaitOptions, waitpid};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Waits for the end of a child, and returns its status.
pub(crate) fn reap(id: Pid) -> Result<ExitStatus, Errno> {
    let ended = retry_on_intr(|| waitpid(Some(id), WaitOptions::empty()))?;
    let (_, status) = ended.ok_or(Errno::CHILD)?;
    Ok(ExitStatus::from_raw(status.as_raw()))
}

/// Kills a child and waits for its end.
#[cfg(target_os = "linux")]
pub(crate) fn kill(id: Pid) {
    let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
    let _ = reap(id);
}
