//! The check of the objects: each has an owner, and all are private.

use super::finding::{Finding, ok, problem, warning};
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::is_of_another;
use crate::store::objects::{owners, sweep};
use crate::terminal::escape_os;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

const SUBJECT: &str = "objects";

/// A transaction links a file a moment before others can see its owner.
const MOMENT: Duration = Duration::from_millis(20);

/// How often to wait for that.
const TIMES: u32 = 5;

/// Examines the objects of a store.
pub(super) fn examine(store: &Store) -> Result<Finding, StoreError> {
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
        (0, _) => ok(SUBJECT, total.to_string()),
        (count, bytes) => {
            let bytes = Size(bytes);
            warning(
                SUBJECT,
                format!("{count} ({bytes}) belong to no entry; cachex prune removes them"),
            )
        }
    })
}

/// An object or its directory that others can read.
fn open_to_others(store: &Store) -> Option<Finding> {
    let directory = store.location.objects();
    let metadata = fs::symlink_metadata(&directory).ok()?;
    if !metadata.is_dir() {
        return Some(problem(SUBJECT, "is not a directory; move it away"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Some(warning(SUBJECT, "is open to others; chmod 700 it"));
    }
    for entry in fs::read_dir(&directory).ok()?.flatten() {
        // A file may be removed meanwhile.
        let Ok(metadata) = entry.metadata() else { continue };
        let name = escape_os(&entry.file_name());
        if is_of_another(&metadata) {
            return Some(problem(SUBJECT, format!("{name}: belongs to another user; remove it")));
        }
        if metadata.is_file() && metadata.mode() & 0o077 != 0 {
            return Some(warning(SUBJECT, format!("{name}: is open to others; chmod 600 it")));
        }
    }
    None
}
