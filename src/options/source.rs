//! A value with its source, and the order of precedence: flag, variable, project file, user file.
//!
//! Knows no option.

use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

/// A value and where it was given, or nothing. An explicit default was given as well, without a value.
///
/// A layer has one for each option, and most are nothing: what is given has a place of its own.
#[derive(Clone, Debug)]
pub struct Setting<T>(Option<Box<(Option<T>, Given)>>);

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Setting<T> {
    /// A value, read from what was given.
    pub(super) fn new(value: Option<T>, given: Given) -> Self {
        Self(Some(Box::new((value, given))))
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref()?.0.as_ref()
    }

    /// The value, or the default.
    pub fn value_or(&self, default: T) -> T
    where
        T: Clone,
    {
        self.value().cloned().unwrap_or(default)
    }

    /// The words and their source.
    pub fn given(&self) -> Option<&Given> {
        self.0.as_ref().map(|given| &given.1)
    }

    /// Where it was given.
    pub fn source(&self) -> Option<&Source> {
        self.given().map(|given| &given.source)
    }

    /// This one, or the farther one if this one is nothing.
    pub(super) fn or(self, farther: Self) -> Self {
        Self(self.0.or(farther.0))
    }
}

impl Setting<bool> {
    /// Whether the switch is on.
    pub fn is_on(&self) -> bool {
        self.value().is_some_and(|is_on| *is_on)
    }
}

/// What was given for an option, and where.
#[derive(Clone, Debug)]
pub struct Given {
    /// The words, as they may be shown: `true` of a switch that is on, each item of a list. No words are an explicit default.
    pub words: Vec<OsString>,
    /// Where it was given.
    pub source: Source,
}

/// Where a value was given. The later variant is nearer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// In a configuration file.
    File(Rc<FilePlace>),
    /// In a variable.
    Variable,
    /// On the command line.
    Flag,
}

/// A table of a configuration file. Of two that apply, the greater is nearer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    /// Whose file it is.
    pub owner: FileOwner,
    /// The number of the rule in the file, from 1; 0 is the top level.
    pub number: usize,
    /// The command of the rule.
    pub rule: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// The owner of a file decides where it is and what it may set. The project's is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileOwner {
    /// `config.toml` in the user's config directory.
    User,
    /// The nearest `.cachex.toml` from the working directory upward.
    Project,
}

/// The file and the rule in it, escaped.
impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_os(self.path.as_os_str()))?;
        match &self.rule {
            Some(rule) => write!(f, " rule \"{}\"", escape_os(OsStr::new(rule))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_ordered_by_precedence() {
        let file = |owner, number| {
            let (rule, path) = (Some("a".to_owned()), PathBuf::from("/"));
            Source::File(Rc::new(FilePlace { owner, number, rule, path }))
        };
        let order = [
            file(FileOwner::User, 0),
            file(FileOwner::User, 2),
            file(FileOwner::Project, 0),
            file(FileOwner::Project, 1),
            Source::Variable,
            Source::Flag,
        ];
        assert!(order.is_sorted_by(|farther, nearer| farther < nearer), "{order:?}");
    }

    #[test]
    fn a_switch_is_on_only_if_it_was_switched_on() {
        let given = Given { words: Vec::new(), source: Source::Flag };
        assert!(Setting::new(Some(true), given.clone()).is_on());
        assert!(!Setting::<bool>::new(None, given).is_on());
        assert!(!Setting::<bool>::default().is_on());
    }

    #[test]
    fn a_place_is_shown_with_its_rule_and_escaped() {
        let shown = |rule: Option<&str>| {
            let (owner, path) = (FileOwner::User, PathBuf::from("/a\x1b"));
            FilePlace { owner, number: 0, rule: rule.map(str::to_owned), path }.to_string()
        };
        let path = escape_os(OsStr::new("/a\x1b"));
        assert!(!path.contains('\x1b'), "{path}");
        assert_eq!(shown(None), path);
        assert_eq!(shown(Some("ls")), format!("{path} rule \"ls\""));
        assert!(!shown(Some("b\x1b")).contains('\x1b'));
    }
}
