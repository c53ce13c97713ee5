//! A command that has stopped, and cachex with it: somebody has to see it go on, or die.
//!
//! Whoever had the command stopped may know its number and not that of cachex. So a small process looks at the command
//! meanwhile, and continues cachex when it is no longer stopped.

use crate::runner::process::{ProcessStat, reap};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// The process that looks at a stopped command. It ends with this.
pub(super) struct Lookout(libc::pid_t);

impl Lookout {
    /// Begins to look; `None` where nothing can be seen. All signals have to be blocked.
    #[allow(unsafe_code)]
    pub(super) fn begin(command: i32) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let stat = rustix::fs::open(format!("/proc/{command}/stat"), flags, Mode::empty()).ok()?;
        let cachex = rustix::process::getpid().as_raw_nonzero().get();
        // SAFETY: the new process makes only system calls, on its stack, until it leaves by `_exit`.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => unsafe { look(&stat, cachex) },
            id => Some(Self(id)),
        }
    }
}

impl Drop for Lookout {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: a plain system call, to a child that was not waited for.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        let _ = reap(self.0);
    }
}

/// Looks every tenth of a second, and continues cachex when the process that `stat` tells of is not stopped.
///
/// # Safety
/// For the new process. It allocates nothing, and takes no lock.
#[allow(unsafe_code)]
unsafe fn look(stat: &OwnedFd, cachex: libc::pid_t) -> ! {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    // SAFETY: plain system calls, with memory that lives here.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        while libc::getppid() == cachex {
            if !may_be_stopped(stat) {
                // Again and again: a stop that comes just after it takes it back.
                libc::kill(cachex, libc::SIGCONT);
            }
            libc::nanosleep(&raw const pause, std::ptr::null_mut());
        }
        libc::_exit(0)
    }
}

/// What cannot be seen may be stopped. It allocates nothing.
fn may_be_stopped(stat: &OwnedFd) -> bool {
    let mut content = [0; 512];
    match rustix::io::pread(stat, &mut content, 0) {
        Ok(count) => ProcessStat::parse(&content[..count]).is_none_or(|it| it.is_stopped()),
        // It is gone.
        Err(Errno::SRCH) => false,
        Err(_) => true,
    }
}
