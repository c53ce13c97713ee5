//! `prune`: removing what expired, what exceeds `--max-size`, and files that are left over.

use super::entries::Cleared;
use super::evict;
use super::remove::Removal;
use super::tombstones::RemovalCause;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::StoreLocation;
use crate::store::objects::{owners, sweep};
use crate::store::query::selection::Selection;
use crate::store::sqlite::transaction::Purpose;
use crate::time::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default of `--max-size`.
pub const DEFAULT_MAX_SIZE: Size = Size::mebibytes(2048);

/// How long a damaged database is kept for inspection.
const KEPT_DAMAGED: Duration = Duration::from_hours(7 * 24);

/// A file beside the database that is no longer needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is, in bytes.
    pub size: u64,
}

impl Store {
    /// Removes expired entries, then the least recently used until the store is no larger than that, then files
    /// that no entry owns.
    ///
    /// # Errors
    /// When SQLite fails. A part may have been removed then.
    pub fn prune(&mut self, max_size: Size) -> Result<Cleared, StoreError> {
        self.write(Purpose::Storing, owners::repair)?;
        let mut cleared = Cleared::default();
        for removal in pruning(max_size) {
            cleared += self.remove(&removal)?;
        }
        sweep::sweep(self.database.connection_mut()?, &self.location)?;
        Ok(cleared)
    }

    /// The entries that [`Store::prune`] would remove.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn prunable(&mut self, max_size: Size) -> Result<Cleared, StoreError> {
        self.fold_uses()?;
        if evict::has_room(self.database.connection()?, max_size, 0) {
            return self.clearable(&Selection::expired());
        }
        self.try_out(&pruning(max_size))
    }
}

fn pruning(max_size: Size) -> [Removal; 2] {
    [Removal::Selected(RemovalCause::Expired, Selection::expired()), Removal::Until(max_size)]
}

/// The files in this directory that are no longer needed.
pub fn leftovers(directory: &Path, now: Timestamp) -> Vec<Leftover> {
    let location = StoreLocation { directory: directory.to_owned() };
    let leftover = |path: PathBuf, kept: Duration| {
        let metadata = fs::symlink_metadata(&path).ok()?;
        let age = metadata.modified().ok().and_then(|at| Timestamp::from(at).age_at(now));
        let is_stale = metadata.is_file() && age.is_some_and(|age| age >= kept);
        is_stale.then_some(Leftover { path, size: metadata.len() })
    };
    let damaged = location.all_damaged().into_iter();
    let former = location.former_outputs().into_iter();
    damaged
        .filter_map(|path| leftover(path, KEPT_DAMAGED))
        .chain(former.filter_map(|path| leftover(path, Duration::ZERO)))
        .collect()
}
