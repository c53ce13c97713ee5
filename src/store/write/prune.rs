//! Bringing the store into its bounds without a run: what expired, what is too much, what was left.

use super::remove::{Cleared, Removal};
use super::tombstones::RemovalCause;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::StoreLocation;
use crate::store::query::selection::Selection;
use crate::time::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `--max-size`, if nothing else is asked.
pub const DEFAULT_MAX_SIZE: Size = Size::mebibytes(2048);

/// How long a damaged database is kept for those who want to look at it.
const KEPT_DAMAGED: Duration = Duration::from_hours(7 * 24);

/// A file beside the database that nobody needs any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is, in bytes.
    pub size: u64,
}

impl Store {
    /// Forgets what has expired, then the least recently used until the database is no larger than
    /// that, and gives the room back.
    ///
    /// # Errors
    /// As SQLite; a part may be forgotten by then.
    pub fn prune(&mut self, max_size: Size) -> Result<Cleared, StoreError> {
        self.repair_objects()?;
        let mut cleared = Cleared::default();
        for removal in pruning(max_size) {
            cleared += self.remove(&removal)?;
        }
        self.sweep_objects()?;
        Ok(cleared)
    }

    /// What [`Store::prune`] would forget.
    ///
    /// # Errors
    /// As SQLite.
    pub fn prunable(&mut self, max_size: Size) -> Result<Cleared, StoreError> {
        self.try_out(&pruning(max_size))
    }
}

fn pruning(max_size: Size) -> [Removal; 2] {
    [Removal::of(RemovalCause::Expired, Selection::expired()), Removal::until(max_size)]
}

/// The files in this directory that nobody needs any more.
#[must_use]
pub fn leftovers(directory: &Path, now: Timestamp) -> Vec<Leftover> {
    let location = StoreLocation { directory: directory.to_owned() };
    let leftover = |path: PathBuf| {
        let metadata = fs::symlink_metadata(&path).ok()?;
        let age = metadata.modified().ok().and_then(|at| Timestamp::from(at).age_at(now));
        let is_stale = metadata.is_file() && age.is_some_and(|age| age >= KEPT_DAMAGED);
        is_stale.then_some(Leftover { path, size: metadata.len() })
    };
    location.all_damaged().into_iter().filter_map(leftover).collect()
}
