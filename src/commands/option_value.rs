//! The value of an option, as `config`, `explain` and `trust` print it.

use crate::terminal::escape_os;
use std::ffi::OsStr;

/// The value that a file gives an option. No words stand for the default.
pub(super) fn shown_value(words: &[String]) -> String {
    if words.is_empty() {
        return "its default".to_owned();
    }
    words.iter().map(|word| quoted(OsStr::new(word))).collect::<Vec<_>>().join(", ")
}

/// A word, in quotes if it is empty.
pub(super) fn quoted(word: &OsStr) -> String {
    if word.is_empty() { "''".to_owned() } else { escape_os(word) }
}
