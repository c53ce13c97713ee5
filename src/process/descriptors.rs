//! Closes the descriptors of a process that continues without its parent.

use std::os::fd::RawFd;

/// If the system cannot close a range of descriptors, those below this number are closed one by one.
const CLOSED_ONE_BY_ONE: RawFd = 4096;

/// Closes every descriptor except these, which it sorts. It allocates nothing.
///
/// # Safety
/// Nothing in this process may use another descriptor from here on.
#[allow(unsafe_code)]
pub(crate) unsafe fn close_all_but(kept: &mut [RawFd]) {
    kept.sort_unstable();
    let mut first = 0;
    for fd in kept.iter().copied().chain([RawFd::MAX]) {
        if first < fd {
            // SAFETY: the caller's promise.
            unsafe { close_range(first, fd - 1) };
        }
        first = first.max(fd.saturating_add(1));
    }
}

#[allow(unsafe_code)]
unsafe fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: plain system calls; the caller's promise. Older kernels do not know the first one.
    unsafe {
        #[cfg(target_os = "linux")]
        if libc::syscall(libc::SYS_close_range, first, last, 0) == 0 {
            return;
        }
        for fd in first..=last.min(CLOSED_ONE_BY_ONE) {
            libc::close(fd);
        }
    }
}
