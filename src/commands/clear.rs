//! `cachex clear`: forgetting everything, a command, or one call of it.

use super::{failed, open_store, printed};
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
    let cleared = open_store(directory)?.clear(&selection).map_err(failed)?;
    printed(print(&format!("{}\n", tell(cleared))))
}

fn tell(cleared: Cleared) -> String {
    match cleared {
        Cleared { entries: 0, .. } => "removed nothing".to_owned(),
        Cleared { entries: 1, output } => format!("removed 1 entry ({})", Size(output)),
        Cleared { entries, output } => format!("removed {entries} entries ({})", Size(output)),
    }
}
