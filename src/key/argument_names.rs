//! The names of files that an argument may hold. Pure: nothing is looked for.
//!
//! A word may name a file as a whole, after its first `=`, or as the value of a one-letter option in the same word; an
//! `@` may stand before the name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// An argument, or a part of one, that may be the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Candidate<'w> {
    /// The name.
    pub(super) name: &'w OsStr,
    /// Whether it is the value of an option.
    pub(super) is_value: bool,
}

/// The names of files that a word may hold.
pub fn names_in(word: &OsStr) -> impl Iterator<Item = &OsStr> {
    candidates_in(word, false).map(|candidate| candidate.name)
}

/// The names that a word may hold; `is_value`: an option stands before it.
pub(super) fn candidates_in(word: &OsStr, is_value: bool) -> impl Iterator<Item = Candidate<'_>> {
    let bytes = word.as_bytes();
    let is_option = bytes.starts_with(b"-");
    let assigned = bytes.iter().position(|byte| *byte == b'=').map(|at| &bytes[at + 1..]);
    let attached = match bytes {
        [b'-', letter, value @ ..] if *letter != b'-' => Some(value),
        _ => None,
    };
    let parts = [(Some(bytes), is_value), (assigned, is_option), (attached, true)];
    parts
        .into_iter()
        .filter_map(|(part, is_value)| Some((part?, is_value)))
        .flat_map(|(part, is_value)| {
            let behind_at = part.strip_prefix(b"@").map(|name| (name, false));
            std::iter::once((part, is_value)).chain(behind_at)
        })
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, is_value)| Candidate { name: OsStr::from_bytes(name), is_value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(word: &str) -> Vec<String> {
        let names = candidates_in(OsStr::new(word), false);
        names.map(|candidate| candidate.name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_word_may_hold_several_names() {
        for (word, expected) in [
            ("notes.txt", &["notes.txt"][..]),
            ("--file=q.sql", &["--file=q.sql", "q.sql"]),
            ("@body.json", &["@body.json", "body.json"]),
            ("-d@body.json", &["-d@body.json", "@body.json", "body.json"]),
            ("file=@a=b", &["file=@a=b", "@a=b", "a=b"]),
            ("-fMakefile", &["-fMakefile", "Makefile"]),
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
            candidates_in(OsStr::new(word), before).map(|it| it.is_value).collect::<Vec<_>>()
        };
        assert_eq!(is_value("dir", true), [true]);
        assert_eq!(is_value("dir", false), [false]);
        assert_eq!(is_value("--chdir=dir", false), [false, true]);
        assert_eq!(is_value("of=dir", false), [false, false]);
        assert_eq!(is_value("-Cdir", false), [false, true]);
    }
}
