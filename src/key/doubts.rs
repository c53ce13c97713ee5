//! Options that find nothing, perhaps by a slip of who wrote them. They count all the same.

use super::hashing::{HashWith, Selector};
use super::{FileState, NamedFiles};
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// An option that may not do what it was meant to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A `--hash-with` for which there is no input.
    Idle(HashWith),
    /// A `--file` that names nothing, and looks as if a shell was to make something else of it.
    Unexpanded(OsString),
}

impl Doubt {
    /// Whether it is a slip for sure if it was typed for this very call.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        // A variable may well be unset, and a file be named so some day.
        matches!(self, Self::Idle(hash) if hash.variable().is_none())
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle(hash) => {
                write!(f, "--hash-with {}", escape_os(hash.selector().to_string().as_ref()))?;
                f.write_str(match hash.selector() {
                    Selector::File(_) => " matches no file of --file",
                    Selector::Variable(_) => ": the variable is not set",
                    Selector::Position(_) | Selector::Argument(_) => {
                        " matches no argument that counts"
                    }
                    Selector::Stdin => " is not asked for",
                })
            }
            Self::Unexpanded(word) => write!(
                f,
                "--file {}: nothing is called that as it stands; ~user, $, braces and commas are for a \
                 shell, and mean themselves here",
                escape_os(word)
            ),
        }
    }
}

/// The words of `--file` that may have been meant otherwise.
pub(super) fn unexpanded(files: &NamedFiles) -> impl Iterator<Item = Doubt> {
    let is_nothing =
        |state: &_| matches!(state, FileState::Missing | FileState::Matches { count: 0, .. });
    let missing = files.iter().filter(move |(_, found)| is_nothing(found));
    let looks_so = missing.filter(|(word, _)| looks_unexpanded(word));
    looks_so.map(|(word, _)| Doubt::Unexpanded(word.clone()))
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
