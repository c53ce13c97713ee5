//! The check of the objects: each has an owner, and all are private.

use super::finding::{Health, exposed, ok, problem, warning};
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::{owners, sweep};
use std::fs::{self, DirEntry};
use std::thread;
use std::time::Duration;

/// A transaction links a file a moment before others can see the row that owns it.
const MOMENT: Duration = Duration::from_millis(20);

/// How often to wait for the owner.
const TIMES: u32 = 5;

/// Examines the objects of a store.
pub(super) fn examine(store: &Store) -> Result<Health, StoreError> {
    let connection = store.database.connection()?;
    if let Some(fault) = open_to_others(store) {
        return Ok(fault);
    }
    let mut unowned = sweep::count_unowned(connection, &store.location)?;
    for _ in 0..TIMES {
        if unowned.0 > 0 {
            thread::sleep(MOMENT);
            unowned = unowned.min(sweep::count_unowned(connection, &store.location)?);
        }
    }
    let total = Size(owners::total(connection)?);
    Ok(match unowned {
        (0, _) => ok(total.to_string()),
        (count, bytes) => {
            let bytes = Size(bytes);
            warning(format!("{count} ({bytes}) belong to no entry; cachex prune removes them"))
        }
    })
}

/// An object or its directory that others can read.
fn open_to_others(store: &Store) -> Option<Health> {
    let directory = store.location.objects();
    let metadata = fs::symlink_metadata(&directory).ok()?;
    if !metadata.is_dir() {
        return Some(problem("is not a directory; move it away"));
    }
    // A file may be removed meanwhile.
    let of_file = |entry: DirEntry| exposed(&entry.file_name(), &entry.metadata().ok()?);
    exposed(directory.as_os_str(), &metadata)
        .or_else(|| fs::read_dir(&directory).ok()?.flatten().find_map(of_file))
}
