//! The right to run and fill one key, across processes.
//!
//! A record lock on one byte of the file `claims`, at an offset that the key gives. The system frees
//! it with its process, however that ends, and nothing is left behind for any key.

use super::Store;
use super::place::{Place, open_private};
use super::record_lock::{self, Bytes};
use crate::key::Key;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;

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

impl Claimed {
    /// The claim, if it is ours.
    #[must_use]
    pub fn ours(self) -> Option<Claim> {
        match self {
            Self::Ours(claim) => Some(claim),
            Self::Theirs(_) => None,
        }
    }
}

/// The claim of one key, held by whomever.
#[derive(Debug)]
pub struct Claims {
    file: File,
    byte: Bytes,
}

impl Store {
    /// Claims a key, unless another process has.
    ///
    /// # Errors
    /// When the file of claims cannot be used.
    pub fn claim(&self, key: &Key) -> io::Result<Claimed> {
        let claims = self.claims(key)?;
        Ok(if record_lock::take(&claims.file, claims.byte)? {
            Claimed::Ours(Claim { _held: claims })
        } else {
            Claimed::Theirs(claims)
        })
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
        Ok(Claims { file, byte: one_byte(libc::off_t::from(u32::from_le_bytes([a, b, c, d]))) })
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
        // If it is taken somebody else is looking, too.
        record_lock::take(&file, one_byte(libc::off_t::from(u32::MAX) + 1)).map(|_| true)
    }
}

impl Claims {
    /// Whether nobody holds the claim any more.
    #[must_use]
    pub fn are_free(&self) -> bool {
        record_lock::is_free(&self.file, self.byte).unwrap_or(false)
    }
}

fn one_byte(start: libc::off_t) -> Bytes {
    Bytes { start, length: 1 }
}
