//! The values of options, as `config`, `explain` and `trust` print them.

use crate::options::{FilePlace, Given, Layer, RUN_OPTIONS, RunOption, Source, without_login};
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};

/// The options that a layer has from files, in the order of the help.
pub(super) fn set_by_files(
    layer: &Layer,
) -> impl Iterator<Item = (&'static RunOption, &Given, &FilePlace)> {
    RUN_OPTIONS.iter().filter_map(move |option| match option.given(layer)? {
        given @ Given { source: Source::File(place), .. } => Some((option, given, &**place)),
        _ => None,
    })
}

/// The value that a file gives an option. An empty list of words stands for the default.
pub(super) fn shown_value(given: &Given) -> String {
    if given.words.is_empty() { "its default".to_owned() } else { shown_words(&given.words) }
}

/// Words in a row.
pub(super) fn shown_words(words: &[OsString]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ")
}

/// A word, in quotes if it is empty, and without the password of an address.
fn quoted(word: &OsStr) -> String {
    if word.is_empty() { "''".to_owned() } else { escape_os(&without_login(word)) }
}
