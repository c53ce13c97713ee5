//! Reads the words of an option: one function for each kind of value.
//!
//! Flags, variables and keys of files all come here. An error says which word is bad and what was expected; the caller
//! adds where the word stood.

use crate::home;
use crate::inputs::PathGlob;
use crate::key::{HashWith, TraceTimes, check_file_word};
use crate::output_streams::PtyMode;
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::str::FromStr;

/// The words of `--pty`. The first one is for `--pty` alone.
pub(super) const PTY: [&str; 3] = ["always", "auto", "never"];

/// When to run the command on a terminal.
pub(super) fn pty(word: &OsStr) -> Result<PtyMode, String> {
    match word.to_str() {
        Some("always") => Ok(PtyMode::Always),
        Some("auto") => Ok(PtyMode::Auto),
        Some("never") => Ok(PtyMode::Never),
        _ => Err(format!("expected {}", PTY.join(", "))),
    }
}

/// Whether the times of files count.
pub(super) fn trace_times(word: &OsStr) -> Result<TraceTimes, String> {
    match word.to_str() {
        Some("exact") => Ok(TraceTimes::Exact),
        Some("ignore") => Ok(TraceTimes::Ignore),
        _ => Err("expected exact or ignore".to_owned()),
    }
}

/// A word that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// The word.
    pub word: OsString,
    /// Why not.
    pub reason: String,
}

impl BadValue {
    fn new(word: &OsStr, reason: String) -> Self {
        Self { word: word.to_owned(), reason }
    }

    /// The message, as for this option on the command line.
    pub(super) fn of(&self, option: &str) -> String {
        let Self { word, reason } = self;
        format!("invalid value '{}' for '--{option}': {reason}", escape_os(word))
    }
}

/// Whether a word in a variable switches on or off.
pub(super) fn is_on(word: &OsStr) -> Result<bool, BadValue> {
    match word.to_str().map(str::to_lowercase).as_deref() {
        Some("1" | "true" | "yes" | "on" | "y" | "t") => Ok(true),
        Some("0" | "false" | "no" | "off" | "n" | "f") => Ok(false),
        _ => Err(BadValue::new(word, "value was not a boolean".to_owned())),
    }
}

/// A switch that is on.
#[allow(clippy::unnecessary_wraps, reason = "it is one of the readers of values")]
pub(super) fn switch(_: &[OsString]) -> Result<bool, BadValue> {
    Ok(true)
}

/// One value: the last word counts.
pub(super) fn last<T>(
    parse: impl Fn(&OsStr) -> Result<T, String>,
) -> impl Fn(&[OsString]) -> Result<T, BadValue> {
    move |words| {
        let word = words.last().map(OsString::as_os_str).unwrap_or_default();
        parse(word).map_err(|reason| BadValue::new(word, reason))
    }
}

/// Many values: all words count.
pub(super) fn all<T>(
    parse: impl Fn(&OsStr) -> Result<T, String>,
) -> impl Fn(&[OsString]) -> Result<Vec<T>, BadValue> {
    let read = move |word: &OsString| parse(word).map_err(|reason| BadValue::new(word, reason));
    move |words| words.iter().map(&read).collect()
}

/// Any word.
#[allow(clippy::unnecessary_wraps, reason = "it is one of the readers of values")]
pub(super) fn word(word: &OsStr) -> Result<OsString, String> {
    Ok(word.to_owned())
}

/// Any text.
pub(super) fn text(word: &OsStr) -> Result<String, String> {
    word.to_str().map(str::to_owned).ok_or_else(|| "expected UTF-8".to_owned())
}

/// A value that reads itself.
pub(super) fn parsed<T: FromStr<Err = String>>(word: &OsStr) -> Result<T, String> {
    text(word)?.parse()
}

/// A whole number from 1.
pub(super) fn positive(word: &OsStr) -> Result<NonZeroU64, String> {
    text(word)?.parse().map_err(|_| "expected a whole number from 1".to_owned())
}

/// A path or a glob of files. A leading `~/` is the home directory.
pub(super) fn files(word: &OsStr) -> Result<OsString, String> {
    let word = home::expanded(word.to_owned())?;
    check_file_word(&word).map(|()| word)
}

/// A glob of paths. A leading `~/` is the home directory.
pub(super) fn path_glob(word: &OsStr) -> Result<PathGlob, String> {
    PathGlob::parse(&home::expanded(word.to_owned())?)
}

/// The path of a directory. A leading `~/` is the home directory.
pub(super) fn directory(word: &OsStr) -> Result<PathBuf, String> {
    if word.is_empty() {
        Err("expected the path of a directory".to_owned())
    } else {
        home::expanded(word.to_owned()).map(PathBuf::from)
    }
}

/// A selector and a command. In the files of `file:` a leading `~/` is the home directory.
pub(super) fn hash_with(word: &OsStr) -> Result<HashWith, String> {
    HashWith::parse(word, home::expanded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn switches_are_read_in_any_case_of_letters() {
        for (words, expected) in [
            (["1", "true", "YES", "On", "y", "T"], Some(true)),
            (["0", "False", "no", "oFF", "N", "f"], Some(false)),
            (["", "2", "-1", "truee", " 1", "\u{df}"], None),
        ] {
            for word in words {
                assert_eq!(is_on(OsStr::new(word)).ok(), expected, "{word:?}");
            }
        }
    }

    #[test]
    fn each_word_of_pty_is_read() {
        let read = |word: &str| pty(OsStr::new(word));
        let all = PTY.map(|word| read(word).expect("one of them"));
        assert_eq!(all, [PtyMode::Always, PtyMode::Auto, PtyMode::Never]);
        assert_eq!(read("Auto"), Err("expected always, auto, never".to_owned()));
    }

    #[test]
    fn the_times_of_files_count_or_not() {
        let read = |word: &str| trace_times(OsStr::new(word));
        assert_eq!(read("exact"), Ok(TraceTimes::Exact));
        assert_eq!(read("ignore"), Ok(TraceTimes::Ignore));
        assert_eq!(read("Exact"), Err("expected exact or ignore".to_owned()));
    }

    #[test]
    fn a_number_of_entries_starts_at_one() {
        assert_eq!(positive(OsStr::new("1")).map(NonZeroU64::get), Ok(1));
        for word in ["0", "-3", "", "1.5", "many"] {
            assert!(positive(OsStr::new(word)).is_err(), "{word:?}");
        }
    }

    #[test]
    fn text_is_utf8() {
        assert!(text(OsStr::from_bytes(b"\xff")).is_err());
        assert_eq!(text(OsStr::new("\u{fc}")), Ok("\u{fc}".to_owned()));
    }

    #[test]
    fn only_the_files_of_a_selector_start_at_home() {
        let home = home::directory().expect("a home").display().to_string();
        let read = |word: String| {
            let hash = hash_with(OsStr::new(&word)).expect("a selector");
            (hash.selector, hash.command)
        };
        assert_eq!(read("file:~/x=cat ~/y".to_owned()), read(format!("file:{home}/x=cat ~/y")));
        assert_ne!(read("file:~/x=cat".to_owned()), read("file:~/x=sort".to_owned()));
        assert_ne!(read("env:X=cat ~/y".to_owned()), read(format!("env:X=cat {home}/y")));
    }

    #[test]
    fn a_bad_word_is_shown_escaped() {
        let message = BadValue::new(OsStr::new("a\x1b"), "odd".to_owned()).of("ttl");
        assert!(
            message.starts_with("invalid value 'a") && message.ends_with("--ttl': odd"),
            "{message}"
        );
        assert!(!message.contains('\x1b'), "{message}");
    }

    #[test]
    fn the_number_of_words_matters() {
        let words = ["a", "b"].map(OsString::from);
        assert_eq!(last(word)(&words), Ok("b".into()));
        assert_eq!(all(word)(&words), Ok(words.to_vec()));
    }

    #[test]
    fn files_and_directories_are_not_empty_and_start_at_home() {
        let home = home::directory().expect("a home");
        assert_eq!(files(OsStr::new("~/x")), Ok(home.join("x").into()));
        assert_eq!(directory(OsStr::new("~/x")), Ok(home.join("x")));
        assert!(files(OsStr::new("")).is_err());
        assert!(directory(OsStr::new("")).is_err());
    }
}
