//! `cachex clear`: forgetting everything, a command, or one call of it.

use super::{printed, with_store};
use crate::cli::ClearOptions;
use crate::error::Error;
use crate::key::names_of;
use crate::size::Size;
use crate::store::{Cleared, Selection};
use crate::terminal::print;
use std::path::Path;

/// Forgets what is meant and says how much that was.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ClearOptions, directory: &Path) -> Result<(), Error> {
    let selection = if options.command.is_empty() {
        Selection::All
    } else {
        Selection::Command(names_of(&options.command))
    };
    let cleared = with_store(directory, |store| store.clear(&selection))?;
    printed(print(&format!("{}\n", tell(cleared))))
}

fn tell(cleared: Cleared) -> String {
    match cleared {
        Cleared { entries: 0, .. } => "removed nothing".to_owned(),
        Cleared { entries: 1, output } => format!("removed 1 entry ({})", Size(output)),
        Cleared { entries, output } => format!("removed {entries} entries ({})", Size(output)),
    }
}
