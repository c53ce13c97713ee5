//! Signals that have to wait while a command is being started.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// All signals wait as long as this is there. What our caller blocked goes on waiting.
pub(super) struct Held {
    before: libc::sigset_t,
}

impl Held {
    /// Has all signals wait, of this thread.
    #[allow(unsafe_code)]
    pub(super) fn all() -> io::Result<Self> {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: the calls fill the sets, which are read only if they did.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            match libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) {
                0 => Ok(Self { before: before.assume_init() }),
                fault => Err(io::Error::from_raw_os_error(fault)),
            }
        }
    }

    /// The signals that our caller blocked: a command finds them so.
    pub(super) fn before(&self) -> libc::sigset_t {
        self.before
    }
}

/// Starts the command with signals as our caller left them.
#[allow(unsafe_code)]
pub(super) fn pass_on(command: &mut Command, held: &Held, caught: &[i32]) {
    let before = held.before();
    let catches_stop = caught.contains(&libc::SIGTSTP);
    let caught = caught.to_vec();
    let release = move || {
        // SAFETY: plain system calls, in the process that is about to become the command.
        unsafe {
            for signal in &caught {
                libc::signal(*signal, libc::SIG_DFL);
            }
            if catches_stop {
                // Stopped before it is the command it could not let us go on. What stops us is passed on to it.
                libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
            if catches_stop {
                libc::signal(libc::SIGTSTP, libc::SIG_DFL);
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(release) };
}

impl Drop for Held {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the call reads the set only.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut());
        }
    }
}
