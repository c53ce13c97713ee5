//! What ends a call early, with the exit status that each gets.

use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

/// An error that the user sees, once, at the edge.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// The command does not exist.
    #[error("{}: command not found{}", escape_os(command), hint_for(command))]
    NotFound {
        /// As the user spelled it.
        command: OsString,
    },
    /// The command exists and cannot be started.
    #[error("{}: cannot execute: {reason}", escape_os(command.as_os_str()))]
    NotExecutable {
        /// Where it was found.
        command: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// `--only-if-cached` found nothing to replay.
    #[error("not cached: {0}")]
    Missed(String),
    /// A verb failed.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The exit status of the process.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Missed(_) => 124,
            Self::Failed(_) => 125,
            Self::NotExecutable { .. } => 126,
            Self::NotFound { .. } => 127,
        }
    }
}

/// A mistyped verb is taken for a command, so say which verb is near.
fn hint_for(command: &OsStr) -> String {
    const VERBS: [&str; 9] =
        ["clear", "list", "show", "explain", "config", "stats", "prune", "doctor", "completions"];
    let Some(word) = command.to_str() else {
        return String::new();
    };
    VERBS
        .iter()
        .find(|verb| word.len() >= 3 && is_near(word, verb))
        .map_or_else(String::new, |verb| format!("; did you mean `cachex {verb}`?"))
}

/// Whether the two words differ by one letter, or one is the start of the other.
fn is_near(word: &str, verb: &str) -> bool {
    if verb.starts_with(word) || word.starts_with(verb) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), verb.chars().collect());
    let prefix = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().abs_diff(b.len()) <= 1 && prefix + suffix + 1 >= a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_verbs_are_suggested() {
        assert_eq!(hint_for(OsStr::new("lst")), "; did you mean `cachex list`?");
        assert_eq!(hint_for(OsStr::new("cleer")), "; did you mean `cachex clear`?");
        assert_eq!(hint_for(OsStr::new("ls")), "");
        assert_eq!(hint_for(OsStr::new("python3")), "");
    }
}
