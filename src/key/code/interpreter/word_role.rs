//! How an interpreter reads one word of its command line.

use super::table::{Interpreter, ProgramRole};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The role of a word for an interpreter.
pub(super) enum WordRole<'w> {
    /// An option without a value.
    Flag,
    /// An option that the table does not know.
    Unknown,
    /// An option with a value, attached or in the next word.
    Value(Option<&'w OsStr>),
    /// A cluster of options that take this many of the words behind it as their values.
    Values(usize),
    /// The option that names the script, in this word or in the next one.
    Script(Option<&'w OsStr>),
    /// Inline code, a module, or standard input: there is no script.
    Inline,
    /// The end of the options.
    OptionsEnd,
    /// No option.
    Operand,
}

impl Interpreter {
    pub(super) fn read<'w>(&self, word: &'w [u8]) -> WordRole<'w> {
        match word {
            b"--" => WordRole::OptionsEnd,
            b"-" if self.role == ProgramRole::Shell => WordRole::OptionsEnd,
            b"-" => WordRole::Inline,
            [b'-', b'-', long @ ..] => self.read_long(long),
            [b'-' | b'+', cluster @ ..] if self.role == ProgramRole::Shell => {
                self.read_shell_cluster(cluster)
            }
            [b'-', cluster @ ..] => self.read_cluster(cluster),
            _ => WordRole::Operand,
        }
    }

    fn read_long<'w>(&self, long: &'w [u8]) -> WordRole<'w> {
        let mut halves = long.splitn(2, |b| *b == b'=');
        let name = halves.next().unwrap_or_default();
        let attached = halves.next().map(OsStr::from_bytes);
        let is_in = |names| contains(names, name);
        // Long options may be abbreviated.
        let may_be_in = |names: &str| {
            !name.is_empty()
                && names.split_ascii_whitespace().any(|known| known.as_bytes().starts_with(name))
        };
        if is_in(self.long_inline) {
            WordRole::Inline
        } else if may_be_in(self.long_scripts) {
            WordRole::Script(attached)
        } else if is_in(self.long_values) || attached.is_some() {
            WordRole::Value(attached)
        } else if is_in(self.long_flags) {
            WordRole::Flag
        } else {
            WordRole::Unknown
        }
    }

    fn read_shell_cluster<'w>(&self, cluster: &'w [u8]) -> WordRole<'w> {
        let is_in = |names| contains(names, cluster);
        if is_in(self.long_flags) {
            WordRole::Flag
        } else if is_in(self.long_values) {
            WordRole::Value(None)
        } else if cluster.iter().any(|letter| self.inline.contains(letter)) {
            WordRole::Inline
        } else {
            WordRole::Values(cluster.iter().filter(|letter| self.values.contains(letter)).count())
        }
    }

    fn read_cluster<'w>(&self, cluster: &'w [u8]) -> WordRole<'w> {
        for (at, letter) in cluster.iter().enumerate() {
            let rest = Some(OsStr::from_bytes(&cluster[at + 1..])).filter(|rest| !rest.is_empty());
            if self.inline.contains(letter) {
                return WordRole::Inline;
            } else if self.scripts.contains(letter) {
                return WordRole::Script(rest);
            } else if self.values.contains(letter) {
                return WordRole::Value(rest);
            } else if self.attached.contains(letter) {
                return rest.map_or(WordRole::Flag, |rest| WordRole::Value(Some(rest)));
            } else if !self.flags.contains(letter) {
                return WordRole::Unknown;
            }
        }
        WordRole::Flag
    }
}

/// Whether a word is among these words, which are separated by single spaces.
pub(super) fn contains(words: &str, word: &[u8]) -> bool {
    !word.is_empty() && words.as_bytes().split(|byte| *byte == b' ').any(|known| known == word)
}
