//! Core files: the memory of a process that a signal killed.

/// From now on no signal leaves a core file of this process.
#[allow(unsafe_code)]
pub fn prevent_core_file() {
    // A byte is too little for a file. To a program that gets core files from the kernel no limit matters but this one.
    let byte = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // SAFETY: plain system calls, which read what lives here.
    unsafe {
        if libc::setrlimit(libc::RLIMIT_CORE, &raw const byte) != 0 {
            // The limit is none already, and must not be raised.
            #[cfg(target_os = "linux")]
            libc::prctl(libc::PR_SET_DUMPABLE, 0);
        }
    }
}
