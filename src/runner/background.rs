//! Work that goes on after this process, out of the caller's sight.
//!
//! It holds nothing that somebody could wait for the end of, and no hang-up reaches it.

use super::left_behind::Leave;
use super::process::close_all_but;
use super::wait::wait_until;
use crate::terminal;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, setsid, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Does `work` in a new process that nothing of our caller's reaches: it has a session of its own, no
/// input, no output, and of our descriptors only the one to `keep`. All that is so when this returns.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// No other thread may run, and `work` may use no descriptor of before but the one that is kept.
#[allow(unsafe_code)]
pub unsafe fn in_background(keep: Option<RawFd>, work: impl FnOnce()) -> io::Result<Background> {
    let (detached, attached) = io::pipe()?;
    let attached = OwnedFd::from(attached);
    terminal::remember_own();
    // SAFETY: the caller's promise: with a single thread the new process may do anything that this one
    // may. It never leaves this block.
    let id = unsafe { libc::fork() };
    match id {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let _leave = Leave;
            if detach(keep, &attached).is_ok() {
                let _ = rustix::io::write(&attached, b"d");
                drop(attached);
                work();
            }
            Ok(Background { id })
        }
        _ => {
            drop(attached);
            loop {
                match rustix::io::read(&detached, &mut [0]) {
                    Err(Errno::INTR) => {}
                    Ok(1..) => return Ok(Background { id }),
                    _ => return Err(io::Error::other("the new process could not be set up")),
                }
            }
        }
    }
}

/// A process that works in the background.
#[derive(Debug)]
#[must_use]
pub struct Background {
    id: libc::pid_t,
}

impl Background {
    /// Lets it go on after us. Where we are process 1 it would end with us: then this waits for it, as long as no signal
    /// ends us.
    pub fn let_go(self) {
        if rustix::process::getpid() != Pid::INIT {
            return;
        }
        let id = Pid::from_raw(self.id);
        let has_ended = || match waitpid(id, WaitOptions::NOHANG) {
            Ok(None) | Err(Errno::INTR) => None,
            Ok(Some(_)) | Err(_) => Some(()),
        };
        // Without the means to wait it ends early, as any process of the namespace does.
        let _ = wait_until(|| {}, has_ended, None);
    }
}

#[allow(unsafe_code)]
fn detach(keep: Option<RawFd>, attached: &OwnedFd) -> io::Result<()> {
    setsid()?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    let mut kept = [0, 1, 2, keep.unwrap_or(0), attached.as_raw_fd(), null.as_raw_fd()];
    // SAFETY: the owners of the others, if there are any, belong to what the other process goes on with.
    unsafe { close_all_but(&mut kept) };
    Ok(())
}
