//! `--env`: which variables count. Pure: the environment is given.

use glob::Pattern;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// One `--env`: a name, or a glob over names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableSelector {
    /// This variable, set or not.
    Name(OsString),
    /// Every variable that is set and matches.
    Glob(Pattern),
}

impl VariableSelector {
    /// Reads one word of `--env`.
    ///
    /// # Errors
    /// When the name or the glob is invalid.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        const EXPECTED: &str = "expected the name of a variable, or a glob";
        let bytes = word.as_encoded_bytes().trim_ascii();
        if bytes.iter().any(|byte| byte.is_ascii_whitespace() || b"=$".contains(byte)) {
            return Err(EXPECTED.to_owned());
        }
        let word = OsStr::from_bytes(bytes);
        if word.to_str().is_none() && bytes.iter().any(|byte| b"*?[".contains(byte)) {
            return Err("a glob has to be UTF-8".to_owned());
        }
        let text = word.to_str().filter(|text| text.contains(['*', '?', '[']));
        if let Some(glob) = text {
            return Pattern::new(glob).map(Self::Glob).map_err(|error| error.msg.to_owned());
        }
        if word.is_empty() {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self::Name(word.to_owned()))
    }

    /// Whether it selects the variable of this name.
    pub(crate) fn selects(&self, name: &OsStr) -> bool {
        match self {
            Self::Name(selected) => selected == name,
            Self::Glob(glob) => {
                name != crate::single_flight::ACTIVE_VARIABLE
                    && glob.matches(&name.to_string_lossy())
            }
        }
    }
}

/// The variables that count, with their values, and the globs that select some of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SelectedVariables {
    /// The globs count even where nothing matches.
    pub(crate) globs: BTreeSet<OsString>,
    /// `None` is unset.
    pub(crate) values: BTreeMap<OsString, Option<OsString>>,
}

impl SelectedVariables {
    /// Selects from an environment. If a variable occurs twice, its first value is taken.
    pub(crate) fn of(selectors: &[VariableSelector], environment: &[(OsString, OsString)]) -> Self {
        let (mut globs, mut values) = (BTreeSet::new(), BTreeMap::new());
        for selector in selectors {
            match selector {
                VariableSelector::Name(name) => drop(values.insert(name.clone(), None)),
                VariableSelector::Glob(glob) => drop(globs.insert(OsString::from(glob.as_str()))),
            }
        }
        for (name, value) in environment {
            if selectors.iter().any(|selector| selector.selects(name)) {
                values.entry(name.clone()).or_insert(None).get_or_insert_with(|| value.clone());
            }
        }
        Self { globs, values }
    }

    /// A selected variable that occurs twice in the environment. Programs differ in which value they see.
    pub(crate) fn find_double(&self, environment: &[(OsString, OsString)]) -> Option<&OsStr> {
        let is_double =
            |name: &&OsString| environment.iter().filter(|(n, _)| n == *name).count() > 1;
        self.values.keys().find(is_double).map(OsString::as_os_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select_words(words: &[&str]) -> SelectedVariables {
        let selectors: Vec<_> = words
            .iter()
            .map(|word| VariableSelector::parse(OsStr::new(word)).expect("a selector"))
            .collect();
        let environment =
            [("AWS_A", "1"), ("AWS_B", ""), ("HOME", "/h")].map(|(n, v)| (n.into(), v.into()));
        SelectedVariables::of(&selectors, &environment)
    }

    #[test]
    fn names_count_whether_set_or_not() {
        let SelectedVariables { globs, values } = select_words(&["HOME", "AWS_B", "NOWHERE"]);
        assert!(globs.is_empty());
        assert_eq!(values[OsStr::new("HOME")], Some("/h".into()));
        assert_eq!(values[OsStr::new("AWS_B")], Some("".into()));
        assert_eq!(values[OsStr::new("NOWHERE")], None);
    }

    #[test]
    fn a_glob_that_matches_nothing_still_counts() {
        assert_ne!(select_words(&["NONE_*"]), select_words(&[]));
        assert_eq!(select_words(&["AWS_*"]).values.len(), 2);
    }

    #[test]
    fn a_variable_that_is_there_twice_cannot_be_keyed() {
        let environment = [("V", "1"), ("V", "2")].map(|(n, v)| (n.into(), v.into()));
        for word in ["V", "V*"] {
            let selector = VariableSelector::parse(OsStr::new(word)).expect("a selector");
            let selected = SelectedVariables::of(&[selector], &environment);
            assert_eq!(selected.values[OsStr::new("V")], Some("1".into()));
            assert_eq!(selected.find_double(&environment), Some(OsStr::new("V")));
        }
        assert_eq!(SelectedVariables::of(&[], &environment).find_double(&environment), None);
    }

    #[test]
    fn words_that_cannot_be_variables_are_refused() {
        for word in ["", " ", "A=b", "A B", "$A", "[", "A***"] {
            assert!(VariableSelector::parse(OsStr::new(word)).is_err(), "{word}");
        }
    }
}
