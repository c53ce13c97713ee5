//! Digests that are remembered between calls: those of large files, and of many files as one.
//!
//! Where they are kept is not known here. A digest is believed only under the very stamp that it was learned with.

use super::stamp::Stamp;
use crate::key::digest::Digest;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Where digests are remembered between calls.
pub trait DigestMemory {
    /// The digest that was learned for this path under exactly this stamp. From the first call on the memory may hold a
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

/// The memory of one call, if it has one, and the digests that the call has learned.
pub(super) struct CallMemory<'m> {
    memory: Option<&'m dyn DigestMemory>,
    learned: RefCell<Vec<LearnedDigest>>,
}

impl<'m> CallMemory<'m> {
    pub(super) fn new(memory: Option<&'m dyn DigestMemory>) -> Self {
        Self { memory, learned: RefCell::default() }
    }

    /// Recalls a digest. The lock stays, so that more can be recalled at the same moment.
    pub(super) fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        self.memory?.recall(path, stamp)
    }

    pub(super) fn release_read_lock(&self) {
        if let Some(memory) = self.memory {
            memory.release_read_lock();
        }
    }

    pub(super) fn learn(&self, path: PathBuf, stamp: Stamp, digest: Digest) {
        self.learned.borrow_mut().push(LearnedDigest { path, stamp, digest });
    }

    pub(super) fn into_learned(self) -> Vec<LearnedDigest> {
        self.learned.into_inner()
    }
}
