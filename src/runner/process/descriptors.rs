//! Letting go of descriptors, in a process that goes on alone.

use std::os::fd::RawFd;

/// Closes every descriptor but these, which it puts in order. It allocates nothing.
///
/// # Safety
/// Nothing in this process may use another descriptor from here on.
#[allow(unsafe_code)]
pub(in crate::runner) unsafe fn close_all_but(kept: &mut [RawFd]) {
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

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
unsafe fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: a plain system call; the caller's promise. Older kernels do not know it.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, last, 0) != 0 {
            close_each(first, last);
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[allow(unsafe_code)]
unsafe fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: the caller's promise.
    unsafe { close_each(first, last) };
}

#[allow(unsafe_code)]
unsafe fn close_each(first: RawFd, last: RawFd) {
    const LIKELY: RawFd = 4096;
    for fd in first..=last.min(LIKELY) {
        // SAFETY: the caller's promise.
        unsafe { libc::close(fd) };
    }
}
