//! What is remembered between calls: digests of large files, and of many files at once.

use super::stamp::Stamp;
use crate::key::digest::Digest;
use std::path::{Path, PathBuf};

/// Where digests of large files, and of many files at once, are remembered between calls.
pub trait DigestMemory {
    /// The digest that was learned for this path under exactly this stamp. From the first call on the memory
    /// may be locked against writers.
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest>;

    /// Unlocks the memory. Called before anything that may take long, such as reading a file.
    fn rest(&self) {}
}

/// A digest worth remembering.
#[derive(Clone, Debug)]
pub struct LearnedDigest {
    /// The file, or what many of them are named by.
    pub path: PathBuf,
    /// Its stamp when it was read.
    pub stamp: Stamp,
    /// What was read.
    pub digest: Digest,
}
