//! The right to run and fill one key, across processes.
//!
//! Record locks on bytes of the file `claims`, at offsets that the key gives: who runs it, who waits for it, and who
//! runs it without being waited for. The system frees them with their process, however that ends, and nothing is
//! left behind for any key.

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
    held: Claims,
}

impl Claim {
    /// Lets somebody else claim the key, who need not wait for the end of this run.
    pub fn hand_on(&self) {
        let Claims { file, key } = &self.held;
        // Whoever sees that it is free is to see why.
        let marked = record_lock::share(file, byte(HANDED_ON, *key));
        let _ = marked.and_then(|_| record_lock::give_up(file, byte(CLAIMED, *key)));
    }
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
    key: Start,
}

/// The bytes that a key begins with. Two keys that share them wait for each other once in four thousand million
/// pairs, and then run.
type Start = [u8; 4];

impl Store {
    /// Claims a key, unless another process has.
    ///
    /// # Errors
    /// When the file of claims cannot be used.
    pub fn claim(&self, key: &Key) -> io::Result<Claimed> {
        let claims = self.claims(key)?;
        Ok(if record_lock::take(&claims.file, byte(CLAIMED, claims.key))? {
            Claimed::Ours(Claim { held: claims })
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
        Ok(Claims { file, key: [a, b, c, d] })
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
        record_lock::take(&file, PROBED).map(|_| true)
    }
}

impl Claims {
    /// Whether nobody holds the claim any more.
    #[must_use]
    pub fn are_free(&self) -> bool {
        record_lock::is_free(&self.file, byte(CLAIMED, self.key)).unwrap_or(false)
    }

    /// Whether somebody still runs the key who has handed the claim on.
    #[must_use]
    pub fn are_handed_on(&self) -> bool {
        record_lock::is_free(&self.file, byte(HANDED_ON, self.key)).is_ok_and(|is_free| !is_free)
    }

    /// Lets others know that this process waits for the key, as long as this is there.
    pub fn wait(&self) {
        let _ = record_lock::share(&self.file, byte(WAITED_FOR, self.key));
    }

    /// Whether another process waits for the key that begins so.
    #[must_use]
    pub fn are_others_waiting_for(&self, key: Start) -> bool {
        record_lock::is_free(&self.file, byte(WAITED_FOR, key)).is_ok_and(|is_free| !is_free)
    }
}

/// The bytes of all keys that are being run.
const CLAIMED: libc::off_t = 0;

/// Behind them, one that belongs to no key.
const PROBED: Bytes = Bytes { start: 1 << 32, length: 1 };

/// The bytes of all keys that are waited for.
const WAITED_FOR: libc::off_t = 1 << 33;

/// The bytes of all keys that are run by who has handed the claim on.
const HANDED_ON: libc::off_t = 1 << 34;

fn byte(of_all: libc::off_t, key: Start) -> Bytes {
    Bytes { start: of_all + libc::off_t::from(u32::from_le_bytes(key)), length: 1 }
}
