//! Sending signals. The caller has to know which processes may get them.

use rustix::process::Pid;

/// Sends a signal to a process, with the value that `sigqueue` gave it.
#[allow(unsafe_code)]
pub(crate) fn signal_process(process: Pid, signal: i32, value: Option<usize>) {
    let id = process.as_raw_nonzero().get();
    // SAFETY: plain system calls.
    unsafe {
        match value {
            #[cfg(target_os = "linux")]
            Some(value) => {
                let sival_ptr = std::ptr::with_exposed_provenance_mut(value);
                libc::sigqueue(id, signal, libc::sigval { sival_ptr })
            }
            _ => libc::kill(id, signal),
        };
    }
}

/// Sends a signal to a process group, as a key of its terminal does.
#[allow(unsafe_code)]
pub(crate) fn signal_group(group: Pid, signal: i32) {
    // SAFETY: a plain system call.
    unsafe { libc::killpg(group.as_raw_nonzero().get(), signal) };
}
