//! The keys that a file sets and may not: its other options count.

use crate::options::source::FileOwner;
use crate::terminal::escape_os;
use std::fmt;
use std::path::PathBuf;

/// Whether such a file may not set this: what would let a repository that one merely enters
/// run programs or touch the store, and what is of the store and not of one command.
pub(super) fn is_refused(name: &str, owner: FileOwner, in_rule: bool) -> bool {
    match owner {
        FileOwner::Project => matches!(
            name,
            "hash-with" | "cache-dir" | "max-size" | "warm" | "only-if-cached" | "quiet"
        ),
        FileOwner::User => in_rule && matches!(name, "cache-dir" | "max-size"),
    }
}

/// A key that counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// The line, from 1.
    pub line: usize,
    /// The long name of the option.
    pub name: String,
}

/// Those of one file: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKeys {
    /// Whose file it is.
    pub owner: FileOwner,
    /// Which file it is.
    pub path: PathBuf,
    /// In the order of the file, the top level first.
    pub keys: Vec<RefusedKey>,
}

impl RefusedKeys {
    /// Why they do not count.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.owner {
            FileOwner::Project => "only the user's own file may set that",
            FileOwner::User => "a rule cannot set that",
        }
    }
}

/// All of them as one message, which leads to the first.
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
