//! The end of cachex by the signal that killed the command.

use super::mask::take_default_action;

/// Ends this process by a signal, so that the caller sees what killed the command: a shell ends its loop, and `xargs` its
/// work, only then. Returns if the kernel does not let it, as for the first process of a container.
pub fn die_of(signal: i32) {
    prevent_core_file();
    take_default_action(signal, false);
}

/// Only the command should leave a core file.
#[allow(unsafe_code)]
fn prevent_core_file() {
    // SAFETY: plain system calls, which read what lives here.
    unsafe {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        // The limit does not concern a program that gets core files from the kernel.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
    }
}
