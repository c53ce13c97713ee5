//! `cachex prune`: removes expired entries, those beyond the size limit, and files left behind.

use super::answer::print;
use super::opening::with_store;
use super::removals::{amount, verb};
use crate::error::Error;
use crate::size::Size;
use crate::store::{Cleared, DEFAULT_MAX_SIZE, Leftover, leftovers};
use crate::terminal::{Notices, escape_os};
use crate::time::Timestamp;
use std::path::Path;

/// Brings the store within its limits and prints what was removed.
///
/// # Errors
/// When the store cannot be used, or a file cannot be removed.
pub fn run(
    max_size: Option<Size>,
    dry_run: bool,
    directory: &Path,
    notices: &Notices,
) -> Result<(), Error> {
    let max_size = max_size.unwrap_or(DEFAULT_MAX_SIZE);
    let cleared = with_store(directory, notices, |store| {
        if dry_run { store.prunable(max_size) } else { store.prune(max_size) }
    })?;
    let leftovers = leftovers(directory, Timestamp::now());
    let verb = verb(dry_run);
    let mut text = String::new();
    if cleared != Cleared::default() || leftovers.is_empty() {
        text = format!("{verb} {}\n", amount(cleared));
    }
    for Leftover { path, size } in leftovers {
        let name = escape_os(path.as_os_str());
        if !dry_run {
            std::fs::remove_file(&path)
                .map_err(|error| Error::Failed(format!("cannot remove {name}: {error}")))?;
        }
        text.extend([verb, " ", &name, &format!(" ({})\n", Size(size))]);
    }
    print(&text)
}
