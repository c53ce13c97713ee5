//! Texts that count: as they are, or as what a `--hash-with` command makes of them.

use super::Digest;
use std::ffi::OsString;

/// A word of the command line, or the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Just this.
    Exact(OsString),
    /// What a command printed for it.
    Hashed(Hashed),
}

/// What counts in place of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The command that made it: another one would make something else.
    pub with: OsString,
    /// Of what it printed.
    pub digest: Digest,
}

impl From<OsString> for Text {
    fn from(word: OsString) -> Self {
        Self::Exact(word)
    }
}
