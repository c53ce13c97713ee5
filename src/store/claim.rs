//! The right to run and fill one key, across processes.
//!
//! A record lock on one byte of the file `claims`, at an offset that the key gives. The system frees
//! it with its process, however that ends, and nothing is left behind for any key.

use super::Store;
use super::place::{Place, open_private};
use crate::key::Key;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// The right to run and fill a key; dropping it gives it up, as the end of the process does.
#[derive(Debug)]
pub struct Claim {
    _held: Claims,
}

/// Who holds the claim of a key.
#[derive(Debug)]
pub enum Claimed {
    /// This process.
    Ours(Claim),
    /// Another one.
    Theirs(Claims),
}

/// The claim of one key, held by whomever.
#[derive(Debug)]
pub struct Claims {
    file: File,
    offset: libc::off_t,
}

impl Store {
    /// Claims a key, unless another process has.
    ///
    /// # Errors
    /// When the file of claims cannot be used.
    pub fn claim(&self, key: &Key) -> io::Result<Claimed> {
        let claims = self.claims(key)?;
        match claims.lock(libc::F_SETLK) {
            Ok(_) => Ok(Claimed::Ours(Claim { _held: claims })),
            Err(error) => match error.raw_os_error() {
                Some(libc::EACCES | libc::EAGAIN) => Ok(Claimed::Theirs(claims)),
                _ => Err(error),
            },
        }
    }

    /// The claim of a key, to see who holds it.
    ///
    /// # Errors
    /// When the file of claims cannot be used.
    pub fn claims(&self, key: &Key) -> io::Result<Claims> {
        let path = self.place.directory.join("claims");
        let file = open_private(&path, OFlags::RDWR | OFlags::NONBLOCK)?;
        let [a, b, c, d, ..] = *key.0.as_bytes();
        // 32 bits fit into every system's offsets. Two keys that share one wait for each other
        // once in four thousand million pairs, and then run.
        Ok(Claims { file, offset: libc::off_t::from(u32::from_le_bytes([a, b, c, d])) })
    }
}

impl Place {
    /// Whether claims can be made here; `false` when the file of claims is not there yet. Takes a
    /// byte behind those of all keys.
    pub(super) fn try_to_claim(&self) -> io::Result<bool> {
        let path = self.directory.join("claims");
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let claims = Claims { file, offset: libc::off_t::from(u32::MAX) + 1 };
        match claims.lock(libc::F_SETLK) {
            // Somebody else is looking, too.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EAGAIN)) => {
                Ok(true)
            }
            locked => locked.map(|_| true),
        }
    }
}

impl Claims {
    /// Whether nobody holds the claim any more.
    #[must_use]
    pub fn are_free(&self) -> bool {
        self.lock(libc::F_GETLK).is_ok_and(|lock| lock.l_type == F_UNLCK)
    }

    #[allow(unsafe_code)]
    fn lock(&self, command: libc::c_int) -> io::Result<libc::flock> {
        // SAFETY: the struct is plain numbers, for which zero is a value.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = self.offset;
        lock.l_len = 1;
        // SAFETY: the descriptor is open, and both commands read and write this struct only.
        match unsafe { libc::fcntl(self.file.as_raw_fd(), command, &raw mut lock) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(lock),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "small constants")]
const F_UNLCK: libc::c_short = libc::F_UNLCK as libc::c_short;
#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "small constants")]
const F_WRLCK: libc::c_short = libc::F_WRLCK as libc::c_short;
#[allow(clippy::cast_possible_truncation, reason = "a small constant")]
const SEEK_SET: libc::c_short = libc::SEEK_SET as libc::c_short;
