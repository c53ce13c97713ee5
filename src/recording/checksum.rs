//! Checksums that detect damage. They do not guard against forgery: everybody who can write to the store owns it.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// An XXH3 checksum of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(pub u128);

impl Checksum {
    /// The checksum of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxh3_128(bytes))
    }

    /// The checksum of these parts in a row, which are short.
    pub fn of_all(parts: &[&[u8]]) -> Self {
        Self::of(&parts.concat())
    }
}

/// Computes a [`Checksum`] piece by piece.
#[derive(Clone, Default)]
pub struct Checksummer(Xxh3);

impl Checksummer {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn finish(&self) -> Checksum {
        Checksum(self.0.digest128())
    }
}
