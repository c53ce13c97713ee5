//! Inputs that may not count as they were meant to: options that find nothing, arguments that are not read.

use super::files::arguments::FileArguments;
use super::fingerprint::FileState;
use super::fingerprint::NamedFiles;
use super::words::hash_with::{HashWith, Selector};
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An input that may not count as it was meant to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caveat {
    /// A `--hash-with` for which there is no input.
    Idle(HashWith),
    /// All `--file` that name nothing: perhaps by a slip, perhaps since they are optional.
    Missing(Vec<OsString>),
    /// A `--file` that names nothing, and looks as if a shell was to make something else of it.
    Unexpanded(OsString),
    /// Arguments that name directories, of which only the names count: the first, and how many more.
    Directories(OsString, usize),
    /// An argument that names something that is not read, and what it is.
    Unread(OsString, String),
}

impl Caveat {
    /// Whether it is a slip for sure if it was typed for this very call.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        // A variable may well be unset, and a file be named so some day.
        matches!(self, Self::Idle(hash) if hash.variable().is_none())
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle(hash) => {
                write!(f, "--hash-with {}", escape_os(hash.selector().to_string().as_ref()))?;
                f.write_str(match hash.selector() {
                    Selector::File(_) => " matches no file of --file or among the arguments",
                    Selector::Variable(_) => ": the variable is not set",
                    Selector::Position(_) | Selector::Argument(_) => {
                        " matches no argument that counts"
                    }
                    Selector::Stdin => " is not asked for",
                })
            }
            Self::Missing(words) => {
                let words: Vec<_> = words.iter().map(|word| escape_os(word)).collect();
                write!(f, "--file {}: there is no such file, and that counts", words.join(", "))
            }
            Self::Directories(first, more) => {
                let first = escape_os(first);
                let more = match more {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                write!(
                    f,
                    "the directory {first}{more} counts by its name alone: --file {first} counts what is in it"
                )
            }
            Self::Unread(path, what) => write!(f, "the argument {} {what}", escape_os(path)),
            Self::Unexpanded(word) => write!(
                f,
                "--file {}: nothing is called that as it stands; ~user, $, braces and commas are for a \
                 shell, and mean themselves here",
                escape_os(word)
            ),
        }
    }
}

/// The words of `--file` that name nothing.
pub(super) fn missing(files: &NamedFiles) -> impl Iterator<Item = Caveat> {
    let is_nothing =
        |state: &_| matches!(state, FileState::Missing | FileState::Matches { count: 0, .. });
    let missing = files.iter().filter(|(_, found)| is_nothing(found));
    let missing = missing.map(|(word, _)| word.clone());
    let (unexpanded, missing): (Vec<_>, Vec<_>) = missing.partition(|word| looks_unexpanded(word));
    let missing = (!missing.is_empty()).then_some(Caveat::Missing(missing));
    unexpanded.into_iter().map(Caveat::Unexpanded).chain(missing)
}

/// The arguments that count by their names alone though they name something.
pub(super) fn by_name_alone(arguments: &FileArguments) -> Vec<Caveat> {
    let name = |path: &Path| path.as_os_str().to_owned();
    let mut directories = arguments.directories();
    let first = directories.next().map(name);
    let directories = first.map(|first| Caveat::Directories(first, directories.count()));
    let unread = arguments.unread().map(|(path, what)| Caveat::Unread(name(path), what));
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
    fn words_that_a_shell_would_expand_are_known_by_their_looks() {
        for word in ["a,b", "~me/x", "/there/~/x", "{a,b}", "$HOME/x", "*.{rs}"] {
            assert!(looks_unexpanded(OsStr::new(word)), "{word}");
        }
        for word in ["a", "a~", "a~/b", "*.rs", "[ab]", ""] {
            assert!(!looks_unexpanded(OsStr::new(word)), "{word}");
        }
    }
}
