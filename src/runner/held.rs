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

    /// Takes a signal that waits, if it does so only because of us.
    #[allow(unsafe_code)]
    pub(super) fn take(&self, signal: i32) -> bool {
        let mut waiting = MaybeUninit::uninit();
        let mut taken = 0;
        // SAFETY: the calls read and fill what lives here; a set is read only once it is filled.
        unsafe {
            libc::sigismember(&raw const self.before, signal) == 0
                && libc::sigpending(waiting.as_mut_ptr()) == 0
                && libc::sigismember(waiting.as_ptr(), signal) == 1
                && {
                    libc::sigemptyset(waiting.as_mut_ptr());
                    libc::sigaddset(waiting.as_mut_ptr(), signal);
                    libc::sigwait(waiting.as_ptr(), &raw mut taken) == 0
                }
        }
    }
}

/// Starts the command with signals as our caller left them.
#[allow(unsafe_code)]
pub(super) fn pass_on(command: &mut Command, held: &Held, caught: &[i32]) {
    let before = held.before();
    // Stopped before it is the command it could not let us go on. What stops us is passed on to it.
    let caught: Vec<_> = caught.iter().copied().filter(|it| *it != libc::SIGTSTP).collect();
    let release = move || {
        // SAFETY: plain system calls, in the process that is about to become the command.
        unsafe {
            for signal in &caught {
                libc::signal(*signal, libc::SIG_DFL);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(unsafe_code)]
    fn what_waits_is_taken_once() {
        let held = Held::all().expect("held");
        assert!(!held.take(libc::SIGUSR1));
        // SAFETY: it waits in this thread, and is taken.
        unsafe { libc::raise(libc::SIGUSR1) };
        assert!(!held.take(libc::SIGUSR2));
        assert!(held.take(libc::SIGUSR1));
        assert!(!held.take(libc::SIGUSR1));
    }

    #[test]
    #[allow(unsafe_code)]
    fn what_our_caller_blocks_is_left_to_wait() {
        let outer = Held::all().expect("held");
        let inner = Held::all().expect("held");
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGUSR2) };
        assert!(!inner.take(libc::SIGUSR2));
        drop(inner);
        assert!(outer.take(libc::SIGUSR2));
    }
}
