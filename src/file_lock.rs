//! Locks on ranges of a file's bytes, as POSIX has them.
//!
//! The system frees a lock with its process, however that ends. It also frees all locks that a process has on a file as
//! soon as the process closes *any* descriptor of that file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct ByteRange {
    /// The first byte.
    pub start: libc::off_t,
    /// The number of bytes.
    pub length: libc::off_t,
}

/// Takes a shared lock, unless another process has an exclusive one.
///
/// # Errors
/// When a system call fails.
pub fn share(file: &File, bytes: ByteRange) -> io::Result<bool> {
    try_to_set(file, bytes, F_RDLCK)
}

/// Takes an exclusive lock, unless another process has any.
///
/// # Errors
/// When a system call fails.
pub fn take(file: &File, bytes: ByteRange) -> io::Result<bool> {
    try_to_set(file, bytes, F_WRLCK)
}

/// Gives a lock up.
///
/// # Errors
/// When a system call fails.
pub fn give_up(file: &File, bytes: ByteRange) -> io::Result<()> {
    call(file, libc::F_SETLK, bytes, F_UNLCK).map(drop)
}

/// How other processes have locked a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockHolders {
    /// No process has.
    None,
    /// At least one has a shared lock.
    Sharing,
    /// One has an exclusive lock.
    Exclusive,
}

/// How other processes have locked these bytes.
///
/// # Errors
/// When a system call fails.
pub fn holders(file: &File, bytes: ByteRange) -> io::Result<LockHolders> {
    Ok(match call(file, libc::F_GETLK, bytes, F_WRLCK)?.l_type {
        F_UNLCK => LockHolders::None,
        F_RDLCK => LockHolders::Sharing,
        _ => LockHolders::Exclusive,
    })
}

fn try_to_set(file: &File, bytes: ByteRange, kind: libc::c_short) -> io::Result<bool> {
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
    ByteRange { start, length }: ByteRange,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind of lock that others see. The lock of an open file would conflict even with those of its process.
    #[cfg(target_os = "linux")]
    fn seen_by_others(other: &File, bytes: ByteRange) -> libc::c_short {
        call(other, libc::F_OFD_GETLK, bytes, F_WRLCK).expect("looked up").l_type
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_lock_is_there_until_it_is_given_up() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let (ours, other) = (file.as_file(), file.reopen().expect("opened"));
        let (bytes, beside) =
            (ByteRange { start: 5, length: 2 }, ByteRange { start: 7, length: 1 });
        assert!(take(ours, bytes).expect("free"));
        assert_eq!(seen_by_others(&other, ByteRange { start: 6, length: 1 }), F_WRLCK);
        assert_eq!(seen_by_others(&other, beside), F_UNLCK);
        assert!(share(ours, bytes).expect("ours"));
        assert_eq!(seen_by_others(&other, bytes), F_RDLCK);
        give_up(ours, bytes).expect("ours");
        assert_eq!(seen_by_others(&other, bytes), F_UNLCK);
    }

    #[test]
    fn a_file_that_cannot_be_locked_is_an_error_and_not_a_lock_of_others() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let to_read = File::open(file.path()).expect("opened");
        let byte = ByteRange { start: 0, length: 1 };
        assert!(share(&to_read, byte).expect("a shared lock needs no more"));
        assert!(take(&to_read, byte).is_err());
    }
}
