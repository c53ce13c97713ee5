//! Keys that a file may not set. They are ignored with a warning; the other keys of the file count.

use crate::options::source::FileOwner;
use crate::terminal::escape_os;
use std::fmt;
use std::path::PathBuf;

/// Whether a file may not set this key. A project's file may not run programs, move the store, silence warnings or decide
/// where results go and come from; a rule may not set what concerns the whole store.
pub(super) fn is_refused(name: &str, owner: FileOwner, in_rule: bool) -> bool {
    match owner {
        FileOwner::Project => matches!(
            name,
            "hash-with"
                | "cache-dir"
                | "max-size"
                | "warm"
                | "only-if-cached"
                | "quiet"
                | "remote"
                | "remote-mode"
                | "remote-timeout"
                | "remote-namespace"
                | "remote-read"
                | "remote-platform"
                | "remote-epoch"
        ),
        FileOwner::User => in_rule && matches!(name, "cache-dir" | "max-size"),
    }
}

/// A key that is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// The line, from 1.
    pub line: usize,
    /// The long name of the option.
    pub name: String,
}

/// The ignored keys of one file: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKeys {
    /// Whose file it is.
    pub owner: FileOwner,
    /// The file.
    pub path: PathBuf,
    /// The keys in the order of the file, the top level first.
    pub keys: Vec<RefusedKey>,
}

impl RefusedKeys {
    /// Why they are ignored.
    pub fn reason(&self) -> &'static str {
        match self.owner {
            FileOwner::Project => "only the user's own file may set that",
            FileOwner::User => "a rule cannot set that",
        }
    }
}

/// One message about all of them, with the line of the first.
impl fmt::Display for RefusedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = Vec::new();
        for key in &self.keys {
            if !names.contains(&key.name.as_str()) {
                names.push(&key.name);
            }
        }
        let line = self.keys.first().map_or(1, |key| key.line);
        let are = if names.len() == 1 { "is" } else { "are" };
        let (path, names) = (escape_os(self.path.as_os_str()), names.join(", "));
        write!(f, "{path}:{line}: {names} {are} ignored: {}", self.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::layer::{RUN_OPTIONS, RunOption};

    fn refused(owner: FileOwner, in_rule: bool) -> Vec<&'static str> {
        let names = RUN_OPTIONS.iter().map(RunOption::name);
        names.filter(|name| is_refused(name, owner, in_rule)).collect()
    }

    #[test]
    fn these_keys_are_refused() {
        let of_project = [
            "hash-with",
            "warm",
            "only-if-cached",
            "remote",
            "remote-mode",
            "remote-timeout",
            "remote-namespace",
            "remote-read",
            "remote-platform",
            "remote-epoch",
            "max-size",
            "quiet",
            "cache-dir",
        ];
        assert_eq!(refused(FileOwner::Project, false), of_project);
        assert_eq!(refused(FileOwner::Project, true), of_project);
        assert!(refused(FileOwner::User, false).is_empty());
        assert_eq!(refused(FileOwner::User, true), ["max-size", "cache-dir"]);
    }
}
