//! The errors that end a call, and their exit codes.
//!
//! Faults of the cache are not among them, since they are warnings. An error says what failed, on what, and what to
//! try. [`main`](crate::main) prints it once.

use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// An error that ends the call.
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
        /// The error of the system.
        reason: io::Error,
    },
    /// `--only-if-cached` found nothing to replay.
    #[error("not cached: {0}")]
    Missed(String),
    /// cachex itself failed.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The error for stored output that turned out to be damaged while it was shown.
    pub fn not_whole(fault: &io::Error) -> Self {
        Self::Failed(format!("the output is incomplete: {fault}"))
    }

    /// The exit status of the process.
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

/// A guess at what the user meant by a word that is no command.
fn hint_for(command: &OsStr) -> String {
    if is_for_a_shell(command) {
        return "; cachex uses no shell: run cachex -- sh -c '…'".to_owned();
    }
    // A mistyped verb is taken for a command.
    let verb = command.to_str().and_then(nearest_verb);
    verb.map_or_else(String::new, |verb| format!("; did you mean `cachex {verb}`?"))
}

/// Whether a word is meant for a shell: `a | b`, `a && b`, `ls -l` in one word.
fn is_for_a_shell(word: &OsStr) -> bool {
    word.as_bytes().iter().any(|byte| b" |&;<>()$`\n".contains(byte))
}

/// The verb that a mistyped word may mean.
pub(crate) fn nearest_verb(word: &str) -> Option<&'static str> {
    const VERBS: [&str; 14] = [
        "clear",
        "list",
        "show",
        "explain",
        "config",
        "trust",
        "stats",
        "prune",
        "doctor",
        "completions",
        "init",
        "man",
        "remote",
        "help",
    ];
    let near = VERBS.into_iter().filter(|verb| is_near(word, verb));
    near.min_by_key(|verb| strsim::damerau_levenshtein(word, verb))
}

/// Whether two words differ by one slip (a long one by two), or one is the start of the other.
fn is_near(word: &str, verb: &str) -> bool {
    let slips = if verb.len() < 7 { 1 } else { 2 };
    word.len() >= 3
        && (verb.starts_with(word)
            || word.starts_with(verb)
            || strsim::damerau_levenshtein(word, verb) <= slips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probable_meaning_of_a_missing_command_is_suggested() {
        for (word, meant) in [
            ("lst", "list"),
            ("cleer", "clear"),
            ("clera", "clear"),
            ("shwo", "show"),
            ("explian", "explain"),
            ("expl", "explain"),
            ("configure", "config"),
            ("satts", "stats"),
            ("prun", "prune"),
            ("docter", "doctor"),
            ("complitoins", "completions"),
            ("remtoe", "remote"),
            ("hlep", "help"),
        ] {
            let hint = format!("; did you mean `cachex {meant}`?");
            assert_eq!(hint_for(OsStr::new(word)), hint, "{word}");
        }
        for word in ["a | b", "ls -l", "x&&y", "$HOME/x"] {
            assert!(hint_for(OsStr::new(word)).ends_with("sh -c '…'"), "{word}");
        }
        for word in ["ls", "python3", "near", "hello", "./lst"] {
            assert_eq!(hint_for(OsStr::new(word)), "", "{word}");
        }
    }
}
