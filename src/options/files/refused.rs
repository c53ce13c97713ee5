//! Keys that a file may not set. They are ignored with a warning; the other keys of the file count.

use crate::options::layer::RunOption;
use crate::options::shape::Shape;
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

/// Why a file may not set this option, if it may not; `is_exposed`: the value is secret, and others can read the file. A rule
/// may not set what concerns the whole store.
pub(super) fn why_refused(
    option: &RunOption,
    owner: FileOwner,
    in_rule: bool,
    is_exposed: bool,
) -> Option<WhyRefused> {
    let Shape { name, is_for_user, .. } = option.shape;
    match owner {
        FileOwner::Project if is_for_user => Some(WhyRefused::OfProject),
        FileOwner::User if in_rule && matches!(name, "cache-dir" | "max-size") => {
            Some(WhyRefused::InRule)
        }
        _ => is_exposed.then_some(WhyRefused::Exposed),
    }
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
    use crate::options::layer::RUN_OPTIONS;

    fn refused(owner: FileOwner, in_rule: bool) -> Vec<&'static str> {
        let refused =
            RUN_OPTIONS.iter().filter(|it| why_refused(it, owner, in_rule, false).is_some());
        refused.map(RunOption::name).collect()
    }

    #[test]
    fn the_keys_are_told_by_reason_each_once_with_the_line_of_the_first() {
        let key = |line, name: &str, why| RefusedKey { line, name: name.to_owned(), why };
        let (of_project, exposed) = (WhyRefused::OfProject, WhyRefused::Exposed);
        let shown = |keys: &[RefusedKey]| {
            RefusedKeys { path: PathBuf::from("/f"), keys: keys.to_vec() }.to_string()
        };
        let keys = [
            key(3, "remote-key", exposed),
            key(5, "warm", of_project),
            key(7, "quiet", of_project),
            key(9, "warm", of_project),
        ];
        let one = "/f:3: remote-key is ignored: others can read the file; run chmod 600 on it";
        assert_eq!(shown(&keys[..1]), one);
        let two = "/f:5: warm, quiet are ignored: only the user's own file may set that";
        assert_eq!(shown(&keys), format!("{two}; {one}"));
        let in_rule = [key(2, "max-size", WhyRefused::InRule)];
        assert_eq!(shown(&in_rule), "/f:2: max-size is ignored: a rule cannot set that");
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
