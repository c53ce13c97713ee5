//! The security module Yama, which may let a process read the memory of its descendants only.
//!
//! A process whose parent ends is no descendant any more, unless it becomes a child of ours then.

use crate::tracer::error::TraceFault;
use rustix::process::{Pid, WaitId, WaitIdOptions, geteuid, getpid, waitid};
use std::fs;

/// Makes sure that the memory of the command's processes can be read. Whether orphans become our children for that.
pub(crate) fn become_an_ancestor() -> Result<bool, TraceFault> {
    let scope = fs::read("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let adopts = has_to_adopt(&scope, geteuid().is_root())?;
    if adopts {
        adopt_orphans()?;
    }
    Ok(adopts)
}

/// Whether only descendants can be read, by what the module tells of itself.
fn has_to_adopt(scope: &[u8], is_root: bool) -> Result<bool, TraceFault> {
    match scope.first() {
        Some(b'1' | b'2') if is_root => Ok(false),
        Some(b'2' | b'3') => Err(TraceFault::Unreadable),
        scope => Ok(scope == Some(&b'1')),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::in_new_process;
    use rustix::process::{
        Signal, WaitOptions, kill_process, set_parent_process_death_signal, waitpid,
    };
    use std::io::{Read, Write};

    #[test]
    fn the_scope_decides_who_can_be_read() {
        for (scope, by_root, by_others) in [
            (&b""[..], Some(false), Some(false)),
            (b"0\n", Some(false), Some(false)),
            (b"1\n", Some(false), Some(true)),
            (b"2\n", Some(false), None),
            (b"3\n", None, None),
        ] {
            assert_eq!(has_to_adopt(scope, true).ok(), by_root, "{scope:?}");
            assert_eq!(has_to_adopt(scope, false).ok(), by_others, "{scope:?}");
        }
    }

    /// Installs a filter that allows all.
    #[allow(unsafe_code, reason = "a filter is installed")]
    fn install_filter() {
        let mut allow = libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
        let program = libc::sock_fprog { len: 1, filter: &raw mut allow };
        // SAFETY: the call reads the program, which lives long enough.
        let installed = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)
        };
        assert_eq!(installed, 0);
    }

    #[allow(unsafe_code, reason = "a process is forked")]
    fn fork(work: impl FnOnce()) -> Pid {
        // SAFETY: the allocator can be used after a fork, and nobody takes another lock.
        unsafe { in_new_process(work) }.expect("forked")
    }

    fn wait(process: Pid) -> Option<i32> {
        let ended = waitpid(Some(process), WaitOptions::empty()).ok()?;
        ended.and_then(|(_, status)| status.exit_status())
    }

    /// A command that leaves an orphan behind, and lives on; the orphan.
    fn command_with_orphan() -> (Pid, Pid) {
        let (mut told, mut tell) = std::io::pipe().expect("made");
        let command = fork(|| {
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            install_filter();
            let between = fork(|| {
                let orphan = fork(|| ());
                let number = orphan.as_raw_nonzero().get();
                tell.write_all(&number.to_ne_bytes()).expect("told");
            });
            wait(between);
            tell.write_all(b".").expect("told");
            loop {
                std::thread::park();
            }
        });
        let mut number = [0; 5];
        told.read_exact(&mut number).expect("told");
        let [a, b, c, d, _] = number;
        (command, Pid::from_raw(i32::from_ne_bytes([a, b, c, d])).expect("a process"))
    }

    #[test]
    fn orphans_are_adopted_and_reaped_and_nobody_else_is() {
        let (mut told, mut tell) = std::io::pipe().expect("made");
        let cachex = fork(|| {
            adopt_orphans().expect("possible");
            let (command, orphan) = command_with_orphan();
            let number = command.as_raw_nonzero().get();
            let is_there =
                || waitid(WaitId::Pid(orphan), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            // It is our child, and ends.
            assert!(is_there().is_ok());
            reap_orphans(number);
            assert!(is_there().is_err());
            // What is ours, and the command, are for others to wait for.
            let own = fork(|| ());
            while ended_child().is_none() {}
            reap_orphans(number);
            assert_eq!(wait(own), Some(0));
            kill_process(command, Signal::KILL).expect("killed");
            while ended_child().is_none() {}
            reap_orphans(number);
            assert!(waitpid(Some(command), WaitOptions::empty()).is_ok());
            tell.write_all(b"as expected").expect("told");
        });
        drop(tell);
        wait(cachex);
        let mut all = String::new();
        told.read_to_string(&mut all).expect("told");
        assert_eq!(all, "as expected");
    }
}
