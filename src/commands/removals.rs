//! The messages of `clear` and `prune` about the entries that they removed.

use crate::size::Size;
use crate::store::Cleared;

/// The verb of the sentence: a dry run only looks.
pub(super) fn verb(dry_run: bool) -> &'static str {
    if dry_run { "would remove" } else { "removed" }
}

/// How much was removed.
pub(super) fn amount(cleared: Cleared) -> String {
    match cleared {
        Cleared { entries: 0, .. } => "nothing".to_owned(),
        Cleared { entries: 1, output } => format!("1 entry ({})", Size(output)),
        Cleared { entries, output } => format!("{entries} entries ({})", Size(output)),
    }
}
