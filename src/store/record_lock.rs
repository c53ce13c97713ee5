//! Locks on bytes of a file, as POSIX has them.
//!
//! The system frees them with their process, however that ends; and, which is easy to miss, all those that a
//! process has on a file as soon as it closes any descriptor of that file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Which bytes: from this one on, so many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    pub(super) start: libc::off_t,
    pub(super) length: libc::off_t,
}

/// Takes a lock that others can share, unless somebody holds the bytes alone.
pub(super) fn share(file: &File, bytes: Bytes) -> io::Result<bool> {
    try_to_set(file, bytes, F_RDLCK)
}

/// Takes a lock that nobody shares, unless somebody has one.
pub(super) fn take(file: &File, bytes: Bytes) -> io::Result<bool> {
    try_to_set(file, bytes, F_WRLCK)
}

/// Gives a lock up.
pub(super) fn give_up(file: &File, bytes: Bytes) -> io::Result<()> {
    call(file, libc::F_SETLK, bytes, F_UNLCK).map(drop)
}

/// How other processes hold bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nobody does.
    Free,
    /// Somebody does, and others can as well.
    Shared,
    /// Somebody does alone.
    Alone,
}

/// How other processes hold these bytes.
pub(super) fn hold(file: &File, bytes: Bytes) -> io::Result<Hold> {
    Ok(match call(file, libc::F_GETLK, bytes, F_WRLCK)?.l_type {
        F_UNLCK => Hold::Free,
        F_RDLCK => Hold::Shared,
        _ => Hold::Alone,
    })
}

fn try_to_set(file: &File, bytes: Bytes, kind: libc::c_short) -> io::Result<bool> {
    match call(file, libc::F_SETLK, bytes, kind) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EAGAIN)) => {
            Ok(false)
        }
        set => set.map(|_| true),
    }
}

#[allow(unsafe_code)]
fn call(
    file: &File,
    command: libc::c_int,
    Bytes { start, length }: Bytes,
    kind: libc::c_short,
) -> io::Result<libc::flock> {
    // SAFETY: the struct is plain numbers, for which zero is a value.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = start;
    lock.l_len = length;
    // SAFETY: the descriptor is open, and both commands read and write this struct only.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(lock),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "small constants")]
const F_RDLCK: libc::c_short = libc::F_RDLCK as libc::c_short;
#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "small constants")]
const F_UNLCK: libc::c_short = libc::F_UNLCK as libc::c_short;
#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "small constants")]
const F_WRLCK: libc::c_short = libc::F_WRLCK as libc::c_short;
#[allow(clippy::cast_possible_truncation, reason = "a small constant")]
const SEEK_SET: libc::c_short = libc::SEEK_SET as libc::c_short;
