//! The signal mask of this thread, and the signals that are pending because of it.

#[cfg(target_os = "linux")]
use crate::inherited::is_ignored_by_caller;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Blocks all signals until it is dropped. What our caller blocked stays blocked then.
pub(crate) struct SignalMask {
    before: libc::sigset_t,
}

impl SignalMask {
    /// Blocks all signals of this thread, and of those that it starts.
    pub(super) fn block_all() -> io::Result<Self> {
        change(libc::SIG_SETMASK, &all()).map(|before| Self { before })
    }

    /// The signals that our caller neither blocked nor ignored.
    #[cfg(target_os = "linux")]
    #[allow(unsafe_code)]
    pub(super) fn not_ignored(&self) -> libc::sigset_t {
        let mut set = all();
        for signal in 1..=64 {
            // SAFETY: plain calls on sets that live here.
            unsafe {
                if is_ignored_by_caller(signal)
                    || libc::sigismember(&raw const self.before, signal) == 1
                {
                    libc::sigdelset(&raw mut set, signal);
                }
            }
        }
        set
    }
}

impl Drop for SignalMask {
    fn drop(&mut self) {
        let _ = change(libc::SIG_SETMASK, &self.before);
    }
}

/// All signals.
#[allow(unsafe_code)]
pub(super) fn all() -> libc::sigset_t {
    let mut all = MaybeUninit::uninit();
    // SAFETY: the call fills the set.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        all.assume_init()
    }
}

/// One signal.
#[allow(unsafe_code)]
fn only(signal: i32) -> libc::sigset_t {
    let mut only = MaybeUninit::uninit();
    // SAFETY: the first call fills the set, the second changes it.
    unsafe {
        libc::sigemptyset(only.as_mut_ptr());
        libc::sigaddset(only.as_mut_ptr(), signal);
        only.assume_init()
    }
}

/// Changes the signal mask of this thread, and returns the mask before.
#[allow(unsafe_code)]
fn change(how: i32, set: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: the call reads one set and fills the other, which is read only if it did.
    unsafe {
        match libc::pthread_sigmask(how, set, before.as_mut_ptr()) {
            0 => Ok(before.assume_init()),
            fault => Err(io::Error::from_raw_os_error(fault)),
        }
    }
}

/// Whether a blocked signal has arrived.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub(super) fn is_pending(signal: i32) -> bool {
    let mut pending = MaybeUninit::uninit();
    // SAFETY: the call fills the set, which is read only if it did.
    unsafe {
        libc::sigpending(pending.as_mut_ptr()) == 0
            && libc::sigismember(pending.as_ptr(), signal) == 1
    }
}

/// Applies the default action of a signal to this process, even if the signal is handled, ignored or blocked. If that
/// does not end the process, its disposition and mask are restored. The signal may be sent to the whole process group.
#[allow(unsafe_code)]
pub(super) fn take_default_action(signal: i32, whole_group: bool) {
    // SAFETY: plain system calls on actions that live here, for which zero is a value. The signal is raised while it is
    // blocked, so that another one of its kind that comes meanwhile merges with it.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        let mut before = MaybeUninit::<libc::sigaction>::uninit();
        let was_set = libc::sigaction(signal, &raw const default, before.as_mut_ptr()) == 0;
        if whole_group {
            libc::kill(0, signal);
        } else {
            libc::raise(signal);
        }
        if let Ok(mask) = change(libc::SIG_UNBLOCK, &only(signal)) {
            let _ = change(libc::SIG_SETMASK, &mask);
        }
        if was_set {
            libc::sigaction(signal, before.as_ptr(), std::ptr::null_mut());
        }
    }
}

/// Starts a command with the signals blocked that our caller blocked.
#[allow(unsafe_code)]
pub(super) fn pass_on(command: &mut Command, mask: &SignalMask) {
    let before = mask.before;
    let release = move || {
        // SAFETY: plain system calls, in the process that is about to become the command. While cachex waits for that,
        // nothing could continue this process after a stop. So SIGTSTP is dropped; cachex gets it as well, and passes it on.
        unsafe {
            let stop = libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
            libc::signal(libc::SIGTSTP, stop);
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(release) };
}
