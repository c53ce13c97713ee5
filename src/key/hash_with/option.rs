//! One `--hash-with`: which input it is for, and its command.

use super::command;
use crate::key::digest::Digest;
use crate::key::error::Unreadable;
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// One `--hash-with`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashWith {
    pub(crate) selector: HashSelector,
    /// The selector as it was written.
    pub(crate) name: String,
    pub(crate) command: OsString,
}

/// The input that a `--hash-with` is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HashSelector {
    /// Files whose path matches, named by `--file` or by an argument.
    File(Pattern),
    /// The variable of this name.
    Variable(OsString),
    /// The argument of this number, the first being 1.
    Position(usize),
    /// Arguments that match.
    Argument(Pattern),
    /// Standard input.
    Stdin,
}

impl HashWith {
    /// Reads `file:*.json=jq -cS .`, `env:NAME=…`, `arg:2=…`, `arg:--seed*=…` or `stdin=…`. The first `=` ends the
    /// selector. `expand` resolves the path or glob behind `file:`.
    ///
    /// # Errors
    /// When the word is invalid.
    pub fn parse(
        word: &OsStr,
        expand: impl Fn(OsString) -> Result<OsString, String>,
    ) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected file:GLOB=COMMAND, env:NAME=…, arg:N=…, arg:GLOB=… or stdin=…";
        let bytes = word.as_bytes();
        let split = bytes.iter().position(|byte| *byte == b'=').ok_or(EXPECTED)?;
        let (selector, command) = (&bytes[..split], &bytes[split + 1..]);
        let name = std::str::from_utf8(selector).map_err(|_| EXPECTED)?;
        let glob = |text: &str| Pattern::new(text).map_err(|error| error.msg.to_owned());
        let selector = match name.split_once(':') {
            None if name == "stdin" => HashSelector::Stdin,
            Some((_, "")) => return Err(EXPECTED.to_owned()),
            Some(("file", pattern)) => {
                let path = expand(pattern.into())?.into_string();
                HashSelector::File(glob(&path.map_err(|_| "a glob has to be UTF-8")?)?)
            }
            Some(("env", variable)) if variable.contains(['*', '?', '[', '$']) => {
                return Err("expected the name of one variable".to_owned());
            }
            Some(("env", variable)) => HashSelector::Variable(variable.into()),
            Some(("arg", number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                HashSelector::Position(number.ok_or("arguments are counted from 1")?)
            }
            Some(("arg", pattern)) => HashSelector::Argument(glob(pattern)?),
            _ => return Err(EXPECTED.to_owned()),
        };
        if command.iter().all(u8::is_ascii_whitespace) {
            return Err("the command is empty".to_owned());
        }
        let command = OsString::from_vec(command.to_vec());
        Ok(Self { selector, name: name.to_owned(), command })
    }

    /// Whether it is for standard input.
    pub fn is_for_stdin(&self) -> bool {
        self.selector == HashSelector::Stdin
    }

    /// The variable that it is for.
    pub(crate) fn variable(&self) -> Option<&OsStr> {
        match &self.selector {
            HashSelector::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it is for files at all.
    pub(super) fn is_for_files(&self) -> bool {
        matches!(self.selector, HashSelector::File(_))
    }

    pub(super) fn is_for_file(&self, path: &Path) -> bool {
        matches!(&self.selector, HashSelector::File(glob) if glob.matches_path(path))
    }

    pub(super) fn is_for_argument(&self, number: usize, word: &OsStr) -> bool {
        match &self.selector {
            HashSelector::Position(position) => *position == number,
            HashSelector::Argument(glob) => glob.matches(&word.to_string_lossy()),
            _ => false,
        }
    }

    /// The digest of the command's output for a content. `input` names its origin; `on_progress` is called now and then.
    ///
    /// # Errors
    /// When the command cannot be run, or fails.
    pub fn digest(
        &self,
        input: &Path,
        content: &File,
        on_progress: &(dyn Fn() + Sync),
    ) -> Result<Digest, Unreadable> {
        command::run(&self.command, content, on_progress).map_err(|reason| {
            let command = crate::terminal::escape_os(&self.command);
            Unreadable::new(input, format!("its hash command `{command}`: {reason}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &str) -> Result<HashWith, String> {
        HashWith::parse(OsStr::new(word), Ok)
    }

    #[test]
    fn the_first_equals_sign_ends_the_selector() {
        let hash = parse("env:NOW=cut -d= -f1").expect("understood");
        assert_eq!(hash.variable(), Some(OsStr::new("NOW")));
        assert_eq!(hash.command, "cut -d= -f1");
        assert!(parse("stdin=sort").expect("understood").is_for_stdin());
    }

    #[test]
    fn selectors_choose_their_inputs() {
        let is_for = |selector: &str, number, word| {
            let hash = parse(&format!("{selector}=cat")).expect("understood");
            hash.is_for_argument(number, OsStr::new(word))
        };
        assert!(is_for("arg:2", 2, "x") && !is_for("arg:2", 1, "2"));
        assert!(is_for("arg:--seed*", 1, "--seed=5") && !is_for("arg:--seed*", 1, "seed"));
        assert!(!is_for("stdin", 1, "stdin") && !is_for("env:A", 1, "A"));
        let json = parse("file:*.json=jq").expect("understood");
        assert!(json.is_for_file(Path::new("deep/a.json")) && !json.is_for_file(Path::new("a.js")));
    }

    #[test]
    fn nonsense_is_refused() {
        for word in [
            "", "stdin", "stdin=", "stdin= ", "stdi=x", "env:=x", "arg:=x", "arg:0=x", "file:[=x",
            "env:A*=x",
        ] {
            assert!(parse(word).is_err(), "{word}");
        }
    }
}
