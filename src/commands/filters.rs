//! The filters of `clear` and `list`, as a selection of entries.

use crate::options::FilterOptions;
use crate::store::{Calls, Matching, Selection};

/// The entries that pass every filter.
pub(super) fn selection(options: &FilterOptions) -> Selection {
    let FilterOptions { exact, prefix, scope, expired, older_than, command } = options;
    let matching = match (exact, prefix) {
        (true, _) => Some(Matching::Exactly),
        (_, true) => Some(Matching::StartingWith),
        _ => None,
    };
    Selection {
        number: None,
        calls: (!command.is_empty()).then(|| Calls { words: command.clone(), matching }),
        scope: scope.clone(),
        expired: *expired,
        older_than: *older_than,
        directory: None,
    }
}
