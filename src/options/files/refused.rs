//! Keys that a file may not set. They are ignored with a warning; the other keys of the file count.

use crate::options::source::FileOwner;
use crate::terminal::escape_os;
use std::fmt;
use std::path::PathBuf;

/// Why a file may not set a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyRefused {
    /// It is the user's to decide.
    OfProject,
    /// It concerns all commands.
    InRule,
    /// Others can read the file, and it is a secret.
    Exposed,
}

/// Whether a file may not set this key, and why. A project's file may not run programs, move the store, silence warnings or
/// decide where results go and come from; a rule may not set what concerns the whole store.
pub(super) fn why_refused(name: &str, owner: FileOwner, in_rule: bool) -> Option<WhyRefused> {
    let (is_refused, why) = match owner {
        FileOwner::Project => (is_for_user(name), WhyRefused::OfProject),
        FileOwner::User => {
            (in_rule && matches!(name, "cache-dir" | "max-size"), WhyRefused::InRule)
        }
    };
    is_refused.then_some(why)
}

fn is_for_user(name: &str) -> bool {
    matches!(
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
            | "remote-key"
            | "remote-sign-key"
            | "remote-trust"
            | "remote-token"
            | "remote-token-file"
            | "remote-ca"
    )
}

/// A key that is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// The line, from 1.
    pub line: usize,
    /// The long name of the option.
    pub name: String,
    /// Why it is ignored.
    pub why: WhyRefused,
}

/// The ignored keys of one file: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKeys {
    /// The file.
    pub path: PathBuf,
    /// The keys in the order of the file, the top level first.
    pub keys: Vec<RefusedKey>,
}

impl WhyRefused {
    /// The reason.
    pub fn reason(self) -> &'static str {
        match self {
            Self::OfProject => "only the user's own file may set that",
            Self::InRule => "a rule cannot set that",
            Self::Exposed => "others can read the file; run chmod 600 on it",
        }
    }
}

/// A message about all that have one reason, with the line of the first, for each reason.
impl fmt::Display for RefusedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for why in [WhyRefused::OfProject, WhyRefused::InRule, WhyRefused::Exposed] {
            let mut keys = self.keys.iter().filter(|key| key.why == why).peekable();
            let Some(line) = keys.peek().map(|key| key.line) else { continue };
            let mut names: Vec<&str> = Vec::new();
            for key in keys {
                if !names.contains(&key.name.as_str()) {
                    names.push(&key.name);
                }
            }
            let are = if names.len() == 1 { "is" } else { "are" };
            let (path, names) = (escape_os(self.path.as_os_str()), names.join(", "));
            write!(f, "{separator}{path}:{line}: {names} {are} ignored: {}", why.reason())?;
            separator = "; ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::layer::{RUN_OPTIONS, RunOption};

    fn refused(owner: FileOwner, in_rule: bool) -> Vec<&'static str> {
        let names = RUN_OPTIONS.iter().map(RunOption::name);
        names.filter(|name| why_refused(name, owner, in_rule).is_some()).collect()
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
            "remote-key",
            "remote-sign-key",
            "remote-trust",
            "remote-token",
            "remote-token-file",
            "remote-ca",
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
