//! Which verb a mistyped word may mean, and which words are meant for a shell.

use super::verbs::Verb;
use clap::Subcommand;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A guess at what the user meant by a word that is no command.
pub fn hint_for(command: &OsStr) -> String {
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
pub(super) fn nearest_verb(word: &str) -> Option<String> {
    let verbs = Verb::augment_subcommands(clap::Command::default());
    let names = verbs.get_subcommands().map(clap::Command::get_name);
    let near = names.filter(|verb| is_near(word, verb));
    near.min_by_key(|verb| strsim::damerau_levenshtein(word, verb)).map(str::to_owned)
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
