//! `--hash-with SELECTOR=COMMAND`: an input counts as what a command prints for it.

use super::hash_command;
use crate::key::digest::Digest;
use crate::key::digest::OnProgress;
use crate::key::error::Unreadable;
use crate::key::fingerprint::FileState;
use crate::key::fingerprint::{HashedInput, InputText};
use crate::memory_file;
use glob::Pattern;
use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// One `--hash-with`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashWith {
    selector: Selector,
    command: OsString,
}

/// Which input it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Selector {
    /// Files of `--file` whose path matches.
    File(Pattern),
    /// This variable.
    Variable(OsString),
    /// The argument of this number, the first being 1.
    Position(usize),
    /// Arguments that match.
    Argument(Pattern),
    /// Standard input.
    Stdin,
}

/// As it is written.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(glob) => write!(f, "file:{glob}"),
            Self::Variable(name) => write!(f, "env:{}", name.to_string_lossy()),
            Self::Position(number) => write!(f, "arg:{number}"),
            Self::Argument(glob) => write!(f, "arg:{glob}"),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

impl HashWith {
    /// Reads `file:*.json=jq -cS .`, `env:NAME=…`, `arg:2=…`, `arg:--seed*=…`, `stdin=…`; the first
    /// `=` ends the selector.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected file:GLOB=COMMAND, env:NAME=…, arg:N=…, arg:GLOB=… or stdin=…";
        let bytes = word.as_bytes();
        let split = bytes.iter().position(|byte| *byte == b'=').ok_or(EXPECTED)?;
        let (selector, command) = (&bytes[..split], &bytes[split + 1..]);
        let selector = std::str::from_utf8(selector).map_err(|_| EXPECTED)?;
        let glob = |text| Pattern::new(text).map_err(|error| error.msg.to_owned());
        let selector = match selector.split_once(':') {
            None if selector == "stdin" => Selector::Stdin,
            Some((_, "")) => return Err(EXPECTED.to_owned()),
            Some(("file", pattern)) => Selector::File(glob(pattern)?),
            Some(("env", name)) if name.contains(['*', '?', '[', '$']) => {
                return Err("expected the name of one variable".to_owned());
            }
            Some(("env", name)) => Selector::Variable(name.into()),
            Some(("arg", number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                Selector::Position(number.ok_or("arguments are counted from 1")?)
            }
            Some(("arg", pattern)) => Selector::Argument(glob(pattern)?),
            _ => return Err(EXPECTED.to_owned()),
        };
        if command.iter().all(u8::is_ascii_whitespace) {
            return Err("the command is empty".to_owned());
        }
        Ok(Self { selector, command: OsString::from_vec(command.to_vec()) })
    }

    /// Which input it is for.
    pub(crate) fn selector(&self) -> &Selector {
        &self.selector
    }

    /// Whether it is for standard input.
    #[must_use]
    pub fn is_for_stdin(&self) -> bool {
        self.selector == Selector::Stdin
    }

    /// The variable that it is for.
    pub(crate) fn variable(&self) -> Option<&OsStr> {
        match &self.selector {
            Selector::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// The command.
    pub(crate) fn command(&self) -> &OsStr {
        &self.command
    }

    /// Whether it is for files at all.
    pub(crate) fn is_for_files(&self) -> bool {
        matches!(self.selector, Selector::File(_))
    }

    pub(crate) fn is_for_file(&self, path: &Path) -> bool {
        matches!(&self.selector, Selector::File(glob) if glob.matches_path(path))
    }

    fn is_for_argument(&self, number: usize, word: &OsStr) -> bool {
        match &self.selector {
            Selector::Position(position) => *position == number,
            Selector::Argument(glob) => glob.matches(&word.to_string_lossy()),
            _ => false,
        }
    }

    /// What the command prints for a content, of which `input` names the origin.
    ///
    /// # Errors
    /// When the command cannot be run, or fails.
    pub fn digest(&self, input: &Path, content: &File) -> Result<Digest, Unreadable> {
        self.digest_with(input, content, &|| {})
    }

    fn digest_with(
        &self,
        input: &Path,
        content: &File,
        on_progress: OnProgress<'_>,
    ) -> Result<Digest, Unreadable> {
        hash_command::run(&self.command, content, on_progress).map_err(|reason| {
            let command = crate::terminal::escape_os(&self.command);
            Unreadable::new(input, format!("its hash command `{command}`: {reason}"))
        })
    }

    fn of_text(
        &self,
        input: &str,
        value: &OsStr,
        on_progress: OnProgress<'_>,
    ) -> Result<InputText, Unreadable> {
        let input = Path::new(input);
        let content = || {
            let mut file = memory_file::create()?;
            file.write_all(value.as_bytes())?;
            Ok(file)
        };
        let content = content().map_err(|error: io::Error| Unreadable::new(input, error))?;
        let digest = self.digest_with(input, &content, on_progress)?;
        Ok(InputText::Hashed(HashedInput { with: self.command.clone(), digest }))
    }
}

/// The hash commands of a call, and which of them have met an input.
pub(crate) struct Hashes<'s> {
    all: &'s [HashWith],
    met: RefCell<Vec<bool>>,
    on_progress: OnProgress<'s>,
}

impl<'s> Hashes<'s> {
    /// Nothing has met an input yet. `on_progress` is called now and then while a command runs.
    pub(crate) fn new(all: &'s [HashWith], on_progress: OnProgress<'s>) -> Self {
        Self { all, met: RefCell::new(vec![false; all.len()]), on_progress }
    }

    /// The first that is meant; the others have met their input, too.
    fn find(&self, is_meant: impl Fn(&HashWith) -> bool) -> Option<&'s HashWith> {
        let mut met = self.met.borrow_mut();
        let mut meant = self.all.iter().zip(&mut *met).filter(|(hash, _)| is_meant(hash));
        let first = meant.next().map(|(hash, met)| {
            *met = true;
            hash
        });
        meant.for_each(|(_, met)| *met = true);
        first
    }

    /// The argument of this number as it counts.
    pub(crate) fn argument(&self, number: usize, word: &OsStr) -> Result<InputText, Unreadable> {
        match self.find(|hash| hash.is_for_argument(number, word)) {
            Some(hash) => hash.of_text(&format!("argument {number}"), word, self.on_progress),
            None => Ok(InputText::Exact(word.to_owned())),
        }
    }

    /// The value of a variable as it counts.
    pub(crate) fn variable(&self, name: &OsStr, value: &OsStr) -> Result<InputText, Unreadable> {
        match self.find(|hash| hash.variable() == Some(name)) {
            Some(hash) => {
                let input = format!("variable {}", name.to_string_lossy());
                hash.of_text(&input, value, self.on_progress)
            }
            None => Ok(InputText::Exact(value.to_owned())),
        }
    }

    /// Whether a hash command replaces the argument of this number.
    pub(crate) fn replaces_argument(&self, number: usize, word: &OsStr) -> bool {
        self.all.iter().any(|hash| hash.is_for_argument(number, word))
    }

    /// Whether a hash command replaces what this file holds.
    pub(crate) fn replaces_file(&self, path: &Path) -> bool {
        self.all.iter().any(|hash| hash.is_for_file(path))
    }

    /// What a file with this content counts as.
    pub(crate) fn content(&self, path: &Path, digest: Digest) -> Result<FileState, Unreadable> {
        let Some(hash) = self.file(path) else { return Ok(FileState::Content(digest)) };
        let file = File::open(path).map_err(|error| Unreadable::new(path, error))?;
        let digest = hash.digest_with(path, &file, self.on_progress)?;
        Ok(FileState::Hashed(HashedInput { with: hash.command().to_owned(), digest }))
    }

    /// How a file counts, if not by its content.
    fn file(&self, path: &Path) -> Option<&'s HashWith> {
        self.find(|hash| hash.is_for_file(path))
    }

    /// A file that is not there is an input as well.
    pub(crate) fn note_missing(&self, path: &Path) {
        self.file(path);
    }

    /// Whether any is for files.
    pub(crate) fn are_for_files(&self) -> bool {
        self.all.iter().any(HashWith::is_for_files)
    }

    /// Those that have met no input.
    pub(crate) fn idle(self) -> impl Iterator<Item = &'s HashWith> {
        let met = self.met.into_inner();
        let idle = self.all.iter().zip(met).filter(|(hash, met)| !met && !hash.is_for_stdin());
        idle.map(|(hash, _)| hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &str) -> Result<HashWith, String> {
        HashWith::parse(OsStr::new(word))
    }

    #[test]
    fn the_first_equals_sign_ends_the_selector() {
        let hash = parse("env:NOW=cut -d= -f1").expect("understood");
        assert_eq!(hash.variable(), Some(OsStr::new("NOW")));
        assert_eq!(hash.command(), "cut -d= -f1");
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

    #[test]
    fn a_command_that_fails_is_named() {
        let hash = parse("arg:1=exit 3").expect("understood");
        let error = Hashes::new(&[hash], &|| {}).argument(1, OsStr::new("x")).expect_err("failed");
        let told = error.to_string();
        assert!(told.contains("argument 1") && told.contains("`exit 3`"), "{told}");
    }
}
