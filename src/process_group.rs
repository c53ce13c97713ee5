//! Process groups and sessions.
//!
//! A container or `unshare --pid` may have begun inside a group or session of the outside: then the system says 0, which
//! `rustix` does not expect.
#![allow(unsafe_code)]

use rustix::process::{Pid, getpid};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Our process group; 0 outside our PID namespace.
fn own_group() -> libc::pid_t {
    // SAFETY: a plain system call.
    unsafe { libc::getpgrp() }
}

/// The session of a process; 0 outside our PID namespace.
fn session(of: libc::pid_t) -> Option<libc::pid_t> {
    // SAFETY: a plain system call, which signal handlers may do too.
    let session = unsafe { libc::getsid(of) };
    (session >= 0).then_some(session)
}

/// Whether this process leads its process group.
pub(crate) fn leads_group() -> bool {
    own_group() == getpid().as_raw_nonzero().get()
}

/// Whether this process leads its session. Signal handlers may ask too.
pub(crate) fn leads_session() -> bool {
    session(0) == Some(getpid().as_raw_nonzero().get())
}

/// Whether a process leads a process group in our session.
pub(crate) fn leads_group_of_our_session(process: Pid) -> bool {
    let id = process.as_raw_nonzero().get();
    // SAFETY: a plain system call.
    let group = unsafe { libc::getpgid(id) };
    group == id && session(id).is_some_and(|of_it| session(0) == Some(of_it))
}

/// Whether our process group is in the foreground of a terminal that controls us. Two groups outside our PID namespace
/// cannot be told apart.
pub(crate) fn is_in_foreground(terminal: BorrowedFd<'_>) -> bool {
    // SAFETY: a plain system call on an open descriptor.
    let group = unsafe { libc::tcgetpgrp(terminal.as_raw_fd()) };
    group > 0 && group == own_group()
}

/// Whether this is our controlling terminal. `/dev/tty` is another device that leads to it.
pub(crate) fn is_our_terminal(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: a plain system call on an open descriptor.
    unsafe { libc::tcgetsid(fd.as_raw_fd()) >= 0 }
}

/// Sends a signal to our process group, as a key of our terminal does.
pub(crate) fn signal_own_group(signal: i32) {
    // SAFETY: a plain system call.
    unsafe { libc::kill(0, signal) };
}
