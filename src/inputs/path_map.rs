//! Tables by path. A traced run asks them several times for each call that it makes. Pure.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A table by path.
pub(super) type PathMap<V> = HashMap<Box<[u8]>, V, BuildHasherDefault<PathHasher>>;

/// A set of paths.
pub(super) type PathSet = HashSet<Box<[u8]>, BuildHasherDefault<PathHasher>>;

/// A quick hash of paths. Whoever chooses them so that they collide slows down nobody but himself.
#[derive(Default)]
pub(super) struct PathHasher(u64);

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// The length, which needs no mixing of its own.
    fn write_usize(&mut self, number: usize) {
        self.0 ^= number as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
