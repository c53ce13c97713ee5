//! A rule: a layer for the commands that begin with certain words.

use crate::options::layer::Layer;
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// One `[[rule]]` of a file.
#[derive(Debug)]
pub struct Rule {
    /// A glob for each of the leading words.
    pub(super) words: Vec<Pattern>,
    /// What the rule sets.
    pub(super) layer: Layer,
}

impl Rule {
    /// The globs for these leading words.
    pub(super) fn pattern(command: &str) -> Result<Vec<Pattern>, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        if words.is_empty() {
            return Err("expected the first words of a command line".to_owned());
        }
        let glob = |word: &&str| Pattern::new(word).map_err(|error| error.msg.to_owned());
        words.iter().map(glob).collect()
    }

    /// Whether the command line begins with the words of the rule. The first glob may also match the
    /// program's name without its directory.
    pub(super) fn applies_to(&self, words: &[OsString]) -> bool {
        let matches = |glob: &Pattern, word: &OsStr| glob.matches(&word.to_string_lossy());
        let is_program = |glob: &Pattern, word: &OsStr| {
            matches(glob, word)
                || Path::new(word).file_name().is_some_and(|name| matches(glob, name))
        };
        self.words.len() <= words.len()
            && self.words.iter().zip(words).enumerate().all(|(place, (glob, word))| {
                if place == 0 { is_program(glob, word) } else { matches(glob, word) }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(command: &str, words: &[&str]) -> bool {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let globs = Rule::pattern(command).expect("globs");
        let rule = Rule { words: globs, layer: Layer::default() };
        rule.applies_to(&words)
    }

    #[test]
    fn the_leading_words_decide() {
        assert!(applies("terraform plan", &["terraform", "plan", "-out", "x"]));
        assert!(applies("terraform  plan", &["terraform", "plan"]));
        assert!(!applies("terraform plan", &["terraform"]));
        assert!(!applies("terraform plan", &["terraform", "apply", "plan"]));
        assert!(!applies("terraform", &[]));
    }

    #[test]
    fn each_word_is_a_glob() {
        assert!(applies("kubectl get *", &["kubectl", "get", "pods"]));
        assert!(!applies("kubectl get *", &["kubectl", "get"]));
        assert!(applies("python3.*", &["python3.12", "x.py"]));
        assert!(!applies("kube*", &["my-kubectl"]));
    }

    #[test]
    fn only_the_first_word_may_be_without_its_directory() {
        assert!(applies("terraform plan", &["./bin/terraform", "plan"]));
        assert!(applies("./bin/terraform", &["./bin/terraform"]));
        assert!(!applies("/usr/bin/terraform", &["terraform"]));
        assert!(!applies("sh x.sh", &["sh", "./x.sh"]));
    }

    #[test]
    fn words_that_are_no_globs_are_refused() {
        for command in ["", "  ", "a [b", "a***"] {
            assert!(Rule::pattern(command).is_err(), "{command}");
        }
    }
}
