//! How an interpreter reads one word of its command line. Pure.

use super::table::{Interpreter, Role};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What one word is to an interpreter.
pub(super) enum Reading<'w> {
    Flag,
    Unknown,
    /// An option with a value: attached, or in the next word.
    Value(Option<&'w OsStr>),
    /// Options with values in so many next words.
    Values(usize),
    Script(Option<&'w OsStr>),
    Inline,
    OptionsEnd,
    Operand,
}

impl Interpreter {
    pub(super) fn read<'w>(&self, word: &'w [u8]) -> Reading<'w> {
        match word {
            b"--" => Reading::OptionsEnd,
            b"-" if self.role == Role::Shell => Reading::OptionsEnd,
            b"-" => Reading::Inline,
            [b'-', b'-', long @ ..] => self.read_long(long),
            [b'-' | b'+', cluster @ ..] if self.role == Role::Shell => {
                self.read_shell_cluster(cluster)
            }
            [b'-', cluster @ ..] => self.read_cluster(cluster),
            _ => Reading::Operand,
        }
    }

    fn read_long<'w>(&self, long: &'w [u8]) -> Reading<'w> {
        let mut halves = long.splitn(2, |b| *b == b'=');
        let name = halves.next().unwrap_or_default();
        let attached = halves.next().map(OsStr::from_bytes);
        let is_in = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        // Long options may be abbreviated.
        let may_be_in = |names: &[&str]| {
            !name.is_empty() && names.iter().any(|known| known.as_bytes().starts_with(name))
        };
        if is_in(self.long_inline) {
            Reading::Inline
        } else if may_be_in(self.long_scripts) {
            Reading::Script(attached)
        } else if is_in(self.long_values) || attached.is_some() {
            Reading::Value(attached)
        } else if is_in(self.long_flags) {
            Reading::Flag
        } else {
            Reading::Unknown
        }
    }

    fn read_shell_cluster<'w>(&self, cluster: &'w [u8]) -> Reading<'w> {
        let is_in = |names: &[&str]| names.iter().any(|known| known.as_bytes() == cluster);
        if is_in(self.long_flags) {
            Reading::Flag
        } else if is_in(self.long_values) {
            Reading::Value(None)
        } else if cluster.iter().any(|letter| self.inline.contains(letter)) {
            Reading::Inline
        } else {
            Reading::Values(cluster.iter().filter(|letter| self.values.contains(letter)).count())
        }
    }

    fn read_cluster<'w>(&self, cluster: &'w [u8]) -> Reading<'w> {
        for (at, letter) in cluster.iter().enumerate() {
            let rest = Some(OsStr::from_bytes(&cluster[at + 1..])).filter(|rest| !rest.is_empty());
            if self.inline.contains(letter) {
                return Reading::Inline;
            } else if self.scripts.contains(letter) {
                return Reading::Script(rest);
            } else if self.values.contains(letter) {
                return Reading::Value(rest);
            } else if self.attached.contains(letter) {
                return rest.map_or(Reading::Flag, |rest| Reading::Value(Some(rest)));
            } else if !self.flags.contains(letter) {
                return Reading::Unknown;
            }
        }
        Reading::Flag
    }
}
