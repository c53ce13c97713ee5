//! Descriptors that the runtime waits for.

use rustix::io::ioctl_fionbio;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches our end of a pipe, made non-blocking. The other end stays as it is.
pub(super) fn watch_pipe(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    ioctl_fionbio(&fd, true)?;
    watch(fd, interest)
}

/// Watches a descriptor as it is: other processes may share its flags.
#[allow(unsafe_code)]
pub(super) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open, and nothing else closes it while the `AsyncFd` owns it.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest)? })
}
