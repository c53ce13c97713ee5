//! The right to run and fill one key, across processes.
//!
//! Record locks on bytes of the file `claims`, at offsets that the key gives. Who holds one alone runs the key; who
//! shares it does so too, and is not to be waited for; then the second byte of the key is what the first one was. The
//! system frees them with their process, however that ends, and nothing is left behind for any key.

use super::handle::Store;
use super::location::{StoreLocation, open_private};
use super::record_lock::{self, Bytes, Hold};
use crate::key::Key;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;

/// The right to run and fill a key; dropping it gives it up, as the end of the process does.
#[derive(Debug)]
pub struct Claim(Claims);

impl Claim {
    /// Lets somebody else claim the key, who need not wait for the end of this run.
    pub fn hand_on(&self) {
        // In one step: at no moment does the run seem to be over.
        let _ = record_lock::share(&self.0.file, self.0.bytes);
    }
}

/// Who holds the claim of a key.
#[derive(Debug)]
pub enum Claimed {
    /// This process.
    Ours(Claim),
    /// Another one.
    Theirs(Claims),
    /// Others run it who are not to be waited for.
    ByNobody,
}

impl Claimed {
    /// The claim, if it is ours.
    #[must_use]
    pub fn ours(self) -> Option<Claim> {
        match self {
            Self::Ours(claim) => Some(claim),
            Self::Theirs(_) | Self::ByNobody => None,
        }
    }
}

/// The claim of one key, held by whomever.
#[derive(Debug)]
pub struct Claims {
    file: File,
    bytes: Bytes,
    key: Start,
}

/// How the run of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is to be waited for.
    Runs,
    /// It goes on, and is not to be waited for.
    HandedOn,
    /// It is over.
    Over,
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
        let mut claims = self.claims(key)?;
        for of_all in [FIRST, SECOND] {
            claims.bytes = byte(of_all, claims.key);
            if record_lock::take(&claims.file, claims.bytes)? {
                return Ok(Claimed::Ours(Claim(claims)));
            }
            if claims.standing() != Standing::HandedOn {
                return Ok(Claimed::Theirs(claims));
            }
        }
        Ok(Claimed::ByNobody)
    }

    /// The claim of a key, to see who holds it.
    ///
    /// # Errors
    /// When the file of claims cannot be used.
    pub fn claims(&self, key: &Key) -> io::Result<Claims> {
        let path = self.location.directory.join("claims");
        let file = open_private(&path, OFlags::RDWR | OFlags::NONBLOCK)?;
        let [a, b, c, d, ..] = *key.0.as_bytes();
        let key = [a, b, c, d];
        Ok(Claims { file, bytes: byte(FIRST, key), key })
    }
}

impl StoreLocation {
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
        self.standing() == Standing::Over
    }

    /// How the run of who holds the claim stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match record_lock::hold(&self.file, self.bytes) {
            Ok(Hold::Free) => Standing::Over,
            Ok(Hold::Shared) => Standing::HandedOn,
            Ok(Hold::Alone) | Err(_) => Standing::Runs,
        }
    }

    /// Lets others know that this process waits for the key, as long as this is there.
    pub fn wait(&self) {
        let _ = record_lock::share(&self.file, byte(WAITED_FOR, self.key));
    }

    /// Whether another process waits for the key that begins so.
    #[must_use]
    pub fn are_others_waiting_for(&self, key: Start) -> bool {
        record_lock::hold(&self.file, byte(WAITED_FOR, key)).is_ok_and(|hold| hold != Hold::Free)
    }
}

/// The first bytes of all keys.
const FIRST: libc::off_t = 0;

/// Behind them, one that belongs to no key.
const PROBED: Bytes = Bytes { start: 1 << 32, length: 1 };

/// The bytes of all keys that are waited for.
const WAITED_FOR: libc::off_t = 1 << 33;

/// The second bytes of all keys.
const SECOND: libc::off_t = 1 << 34;

fn byte(of_all: libc::off_t, key: Start) -> Bytes {
    Bytes { start: of_all + libc::off_t::from(u32::from_le_bytes(key)), length: 1 }
}
