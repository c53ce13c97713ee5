//! Digests that are remembered between calls: those of large files, and of many files as one.
//!
//! This module does not know where they are kept. A digest is valid only under exactly the stamp that it was learned
//! with.

use super::stamp::Stamp;
use crate::key::digest::Digest;
use std::path::{Path, PathBuf};

/// Where digests are remembered between calls.
pub trait DigestMemory {
    /// The digest that was learned for this path under exactly this stamp. Once this was called, the memory may hold a
    /// lock that writers wait for.
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest>;

    /// Releases that lock. Called before anything that may take long, such as reading a file.
    fn release_read_lock(&self) {}
}

/// A digest worth remembering.
#[derive(Clone, Debug)]
pub struct LearnedDigest {
    /// The path of the file, or a name for many files.
    pub path: PathBuf,
    /// Its stamp when it was read.
    pub stamp: Stamp,
    /// The digest of the content.
    pub digest: Digest,
}
