//! The security module Yama, which may let a process read the memory of its descendants only.
//!
//! A process whose parent ends is no descendant any more, unless it becomes a child of ours then.

use crate::tracer::error::TraceFault;
use rustix::process::{Pid, WaitId, WaitIdOptions, geteuid, getpid, waitid};
use std::fs;

/// Makes sure that the memory of the command's processes can be read. Whether orphans become our children for that.
pub(crate) fn become_an_ancestor() -> Result<bool, TraceFault> {
    let scope = fs::read("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    match scope.first() {
        Some(b'1' | b'2') if geteuid().is_root() => Ok(false),
        Some(b'2' | b'3') => Err(TraceFault::Unreadable),
        Some(b'1') => adopt_orphans().map(|()| true),
        _ => Ok(false),
    }
}

fn adopt_orphans() -> Result<(), TraceFault> {
    rustix::process::set_child_subreaper(Some(getpid()))
        .map_err(|fault| TraceFault::Other(fault.into()))
}

/// Takes the exits of children that this process has adopted: those of its own are waited for by others.
pub(super) fn reap_orphans(command: i32) {
    let Some(own) = filters("self") else { return };
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    while let Some(pid) = ended_child() {
        // Our own children have no filter that we do not have as well, but for the command.
        if pid == command || filters(&pid.to_string()).is_none_or(|filters| filters <= own) {
            return;
        }
        let Some(pid) = Pid::from_raw(pid) else { return };
        if waitid(WaitId::Pid(pid), ended).is_err() {
            return;
        }
    }
}

/// A child that has ended and is not waited for yet.
#[allow(unsafe_code)]
fn ended_child() -> Option<i32> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call fills the struct, whose bytes are valid as zeros, or leaves it as it is.
    let pid = unsafe {
        if libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options) != 0 {
            return None;
        }
        info.assume_init().si_pid()
    };
    (pid > 0).then_some(pid)
}

/// How many filters a process has.
fn filters(process: &str) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Seccomp_filters:"))?;
    line.trim().parse().ok()
}
