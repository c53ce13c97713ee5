//! `cachex clear`: removes all entries, the entries of a command or of one call, or those that pass the filters.

use super::answer::print;
use super::filters::selection;
use super::opening::with_store;
use super::removals::{amount, verb};
use crate::error::Error;
use crate::options::ClearOptions;
use crate::store::Selection;
use crate::terminal::Notices;
use std::path::Path;

/// Removes the selected entries and prints how many there were.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ClearOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let selection = Selection { number: options.id, ..selection(&options.filters) };
    let (cleared, longer) = with_store(directory, notices, |store| {
        let cleared =
            if options.dry_run { store.clearable(&selection)? } else { store.clear(&selection)? };
        let longer = match selection.and_longer().filter(|_| cleared.entries == 0) {
            Some(selection) => store.clearable(&selection)?.entries,
            None => 0,
        };
        Ok((cleared, longer))
    })?;
    let hint = if longer > 0 {
        format!("; {longer} with more arguments: --prefix")
    } else {
        String::new()
    };
    print(&format!("{} {}{hint}\n", verb(options.dry_run), amount(cleared)))
}
