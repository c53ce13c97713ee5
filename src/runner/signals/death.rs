//! The end of cachex by the signal that ended the command.

use super::mask::take_default_action;

/// Ends this process by a signal, so that the caller sees what ended the command: a shell ends its loop, and `xargs`
/// its work, only then. Returns if the kernel does not let it, as it does not for the first process of a container.
#[allow(unsafe_code)]
pub fn die_of(signal: i32) {
    leave_no_core();
    take_default_action(signal, false);
}

/// The core of the command, if it left one, is the one to look at.
#[allow(unsafe_code)]
fn leave_no_core() {
    // SAFETY: plain system calls, which read what lives here.
    unsafe {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        // A program that takes cores from the kernel is not asked for that limit.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
    }
}
