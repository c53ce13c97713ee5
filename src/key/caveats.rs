//! Inputs that may not count as they were meant to: options that match nothing, arguments that are not read.
//!
//! For messages only: nothing is decided by a caveat.

use super::files::arguments::FileArguments;
use super::fingerprint::{FileState, InputText, NamedFiles};
use super::hash_with::{HashSelector, HashWith};
use crate::terminal::escape_os;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An input that may not count as it was meant to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caveat {
    /// A `--hash-with` that applies to no input.
    UnusedHash(HashWith),
    /// Every `--file` that names nothing: mistyped, or an optional file.
    MissingFiles(Vec<OsString>),
    /// A `--file` that names nothing, and that a shell was probably meant to expand.
    UnexpandedFile(OsString),
    /// Every variable of `--env` that is not set: mistyped, or an optional one.
    UnsetVariables(Vec<OsString>),
    /// Arguments that name directories, which count by their names alone: the first of them, and the number of others.
    Directories(OsString, usize),
    /// An argument that names something that is not read, and why.
    UnreadArgument(OsString, String),
}

impl Caveat {
    /// Whether it has to be a mistake if it was typed for this call.
    pub fn is_certain(&self) -> bool {
        // A variable may be unset at times, and a missing file may appear later.
        matches!(self, Self::UnusedHash(hash) if hash.variable().is_none())
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnusedHash(hash) => {
                write!(f, "--hash-with {}", escape_os(hash.name.as_ref()))?;
                f.write_str(match &hash.selector {
                    HashSelector::File(_) => " matches no file of --file or among the arguments",
                    HashSelector::Variable(_) => ": the variable is not set",
                    HashSelector::Position(_) | HashSelector::Argument(_) => {
                        " matches no argument that counts"
                    }
                    HashSelector::Stdin => " has no effect",
                })
            }
            Self::MissingFiles(words) => {
                let state = match words.len() {
                    1 => "no such file; its absence is part of the key",
                    _ => "no such files; their absence is part of the key",
                };
                let words: Vec<_> = words.iter().map(|word| escape_os(word)).collect();
                write!(f, "--file {}: {state}", words.join(", "))
            }
            Self::UnsetVariables(names) => {
                let state = match names.len() {
                    1 => "the variable is not set; that is part of the key",
                    _ => "the variables are not set; that is part of the key",
                };
                let names: Vec<_> = names.iter().map(|name| escape_os(name)).collect();
                write!(f, "--env {}: {state}", names.join(","))
            }
            Self::Directories(first, more) => {
                let first = escape_os(first);
                let more = match more {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                write!(
                    f,
                    "the directory {first}{more} counts by its name alone; to count its content, use --file {first}"
                )
            }
            Self::UnreadArgument(path, what) => {
                write!(f, "the argument {} {what}", escape_os(path))
            }
            Self::UnexpandedFile(word) => write!(
                f,
                "--file {}: no such file; unlike a shell, cachex does not expand ~user, $, braces or commas",
                escape_os(word)
            ),
        }
    }
}

/// The caveats about words of `--file` that name nothing.
pub(super) fn about_missing_files(files: &NamedFiles) -> impl Iterator<Item = Caveat> {
    let is_nothing =
        |state: &_| matches!(state, FileState::Missing | FileState::Matches { count: 0, .. });
    let missing = files.iter().filter(|(_, found)| is_nothing(found));
    let missing = missing.map(|(word, _)| word.clone());
    let (unexpanded, missing): (Vec<_>, Vec<_>) = missing.partition(|word| looks_unexpanded(word));
    let missing = (!missing.is_empty()).then_some(Caveat::MissingFiles(missing));
    unexpanded.into_iter().map(Caveat::UnexpandedFile).chain(missing)
}

/// The caveat about variables of `--env` that are not set.
pub(super) fn about_unset_variables(
    variables: &BTreeMap<OsString, Option<InputText>>,
) -> Option<Caveat> {
    let unset = variables.iter().filter(|(_, value)| value.is_none());
    let unset: Vec<_> = unset.map(|(name, _)| name.clone()).collect();
    (!unset.is_empty()).then_some(Caveat::UnsetVariables(unset))
}

/// The caveats about arguments that name something and count without being read.
pub(super) fn about_arguments(arguments: &FileArguments) -> Vec<Caveat> {
    let name = |path: &Path| path.as_os_str().to_owned();
    let mut directories = arguments.directories();
    let first = directories.next().map(name);
    let directories = first.map(|first| Caveat::Directories(first, directories.count()));
    let unread = arguments.unread().map(|(path, what)| Caveat::UnreadArgument(name(path), what));
    directories.into_iter().chain(unread).collect()
}

fn looks_unexpanded(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    bytes.iter().any(|byte| b",{$".contains(byte))
        || bytes.split(|byte| *byte == b'/').any(|part| part.starts_with(b"~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_expand_are_recognized() {
        for word in ["a,b", "~me/x", "/there/~/x", "{a,b}", "$HOME/x", "*.{rs}"] {
            assert!(looks_unexpanded(OsStr::new(word)), "{word}");
        }
        for word in ["a", "a~", "a~/b", "*.rs", "[ab]", ""] {
            assert!(!looks_unexpanded(OsStr::new(word)), "{word}");
        }
    }
}
