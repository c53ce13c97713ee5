//! The names of files that an argument may hold. Pure: nothing is looked for.
//!
//! A word may name a file as a whole, behind an `=`, before or behind its first `:`, or as the value of a one-letter
//! option in the same word; an `@` may stand before the name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A word, or a part of one, that may be the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameInWord<'w> {
    /// The name.
    pub(crate) name: &'w OsStr,
    /// Whether it is the value of an option.
    pub(crate) is_value: bool,
}

/// The names of files that a word may hold.
pub fn names_in(word: &OsStr) -> impl Iterator<Item = &OsStr> {
    names_in_word(word, false).map(|candidate| candidate.name)
}

/// The names of files that a word may hold, each with its role. `is_value`: an option stands before the word.
pub(crate) fn names_in_word(word: &OsStr, is_value: bool) -> impl Iterator<Item = NameInWord<'_>> {
    let bytes = word.as_bytes();
    let is_option = bytes.starts_with(b"-");
    let assigned = behind(bytes, b'=').take(MAX_PARTS).map(move |part| (part, is_option));
    let attached = attached(bytes).take(MAX_PARTS).map(|part| (part, true));
    let colon = bytes.iter().position(|byte| *byte == b':');
    let around_colon = colon.map(|at| [&bytes[..at], &bytes[at + 1..]]).into_iter().flatten();
    let parts = std::iter::once((bytes, is_value)).chain(assigned).chain(attached);
    parts
        .chain(around_colon.map(|part| (part, false)))
        .flat_map(|(part, is_value)| {
            let behind_at = part.strip_prefix(b"@").map(|name| (name, false));
            std::iter::once((part, is_value)).chain(behind_at)
        })
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, is_value)| NameInWord { name: OsStr::from_bytes(name), is_value })
}

/// At most this many parts of each kind are tried.
const MAX_PARTS: usize = 4;

/// The parts that follow this byte.
fn behind(bytes: &[u8], byte: u8) -> impl Iterator<Item = &[u8]> {
    let places = bytes.iter().enumerate().filter(move |(_, it)| **it == byte);
    places.map(|(at, _)| &bytes[at + 1..])
}

/// The parts of a word that may be the value of the last of several one-letter options.
fn attached(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_cluster = matches!(bytes, [b'-', letter, ..] if *letter != b'-');
    let values = if is_cluster { 2..bytes.len() } else { 0..0 };
    values.map(|at| &bytes[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<String> {
        let names = names_in_word(OsStr::new(word), false);
        names.map(|candidate| candidate.name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_word_may_hold_several_names() {
        for (word, expected) in [
            ("notes.txt", &["notes.txt"][..]),
            ("--file=q.sql", &["--file=q.sql", "q.sql"]),
            ("@body.json", &["@body.json", "body.json"]),
            ("-d@b.j", &["-d@b.j", "@b.j", "b.j", "b.j", ".j", "j"]),
            ("-sfM", &["-sfM", "fM", "M"]),
            ("test.py::it", &["test.py::it", "test.py", ":it"]),
            ("src:/dst", &["src:/dst", "src", "/dst"]),
            ("file=@a=b", &["file=@a=b", "@a=b", "a=b", "b"]),
            ("-fMakefile", &["-fMakefile", "Makefile", "akefile", "kefile", "efile"]),
            ("-f", &["-f"]),
            ("--", &["--"]),
            ("x=", &["x="]),
            ("@", &["@"]),
            ("", &[]),
        ] {
            assert_eq!(names(word), expected, "{word}");
        }
    }

    #[test]
    fn a_directory_counts_as_one_of_an_option_behind_an_option_only() {
        let is_value = |word, before| {
            names_in_word(OsStr::new(word), before).map(|it| it.is_value).collect::<Vec<_>>()
        };
        assert_eq!(is_value("dir", true), [true]);
        assert_eq!(is_value("dir", false), [false]);
        assert_eq!(is_value("--chdir=dir", false), [false, true]);
        assert_eq!(is_value("of=dir", false), [false, false]);
        assert_eq!(is_value("-Cd", false), [false, true]);
    }
}
