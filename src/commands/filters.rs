//! What the filters of `clear` and `list` mean.

use crate::cli::FilterOptions;
use crate::key::{CommandName, names_of};
use crate::store::{Calls, Matching, Selection};
use std::ffi::OsString;

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
        calls: (!command.is_empty()).then(|| calls(command, matching)),
        scope: scope.clone(),
        expired: *expired,
        older_than: *older_than,
    }
}

/// The calls that a command line stands for: if nothing else is asked those with the same
/// arguments, or all if it has none.
pub(super) fn calls(words: &[OsString], matching: Option<Matching>) -> Vec<Calls> {
    let calls = |name: CommandName| {
        let usual = match name.arguments() {
            [] => Matching::StartingWith,
            _ => Matching::Exactly,
        };
        Calls { matching: matching.unwrap_or(usual), name }
    };
    names_of(words).into_iter().map(calls).collect()
}
