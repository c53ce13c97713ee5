//! Paths and command lines as they are shown on a terminal, where room is short: relative to the home directory, and
//! cut in the middle, since both ends say more. If standard output is not a terminal, they are printed in full.

use super::screen::Screen;
use crate::home;
use crate::terminal::{escape_os, escape_words};
use console::measure_text_width;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Shortens paths for a screen.
pub(super) struct Shortener {
    /// The home directory by its names; empty if there is no terminal.
    homes: Vec<PathBuf>,
    /// The room for a text in a column of its own.
    room: Option<usize>,
}

impl Shortener {
    pub(super) fn of(screen: Screen) -> Self {
        let home = home::directory().filter(|_| screen.is_terminal());
        let real = home.as_ref().and_then(|home| home.canonicalize().ok());
        let homes = home.into_iter().chain(real).filter(|home| home.parent().is_some()).collect();
        Self { homes, room: screen.columns.map(|columns| (columns / 4).max(16)) }
    }

    /// A path in a column of its own.
    pub(super) fn path(&self, path: &Path) -> String {
        let shown = match self.below_home(path.as_os_str()) {
            Some(rest) => format!("~{}", escape_os(rest)),
            None => escape_os(path.as_os_str()),
        };
        self.cell(&shown)
    }

    /// A text in a column of its own.
    pub(super) fn cell(&self, text: &str) -> String {
        self.room.map_or_else(|| text.to_owned(), |room| cut(text, room))
    }

    /// A command line.
    pub(super) fn command(&self, words: &[impl AsRef<OsStr>]) -> String {
        let shown = words.iter().map(|word| match self.below_home(word.as_ref()) {
            // Unquoted, `~` is the home directory for a shell as well.
            Some(rest) if !rest.is_empty() => {
                let quoted = escape_words([rest]);
                if quoted.starts_with('/') { format!("~{quoted}") } else { escape_words([word]) }
            }
            _ => escape_words([word]),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    /// The part of a path behind the home directory.
    fn below_home<'w>(&self, word: &'w OsStr) -> Option<&'w OsStr> {
        let after = |home: &PathBuf| {
            let rest = word.as_bytes().strip_prefix(home.as_os_str().as_bytes())?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some(OsStr::from_bytes(rest))
        };
        self.homes.iter().find_map(after)
    }
}

/// A text cut to at most `columns` columns. The middle is left out, or the end if there is too little room for two
/// parts.
pub(super) fn cut(text: &str, columns: usize) -> String {
    /// If there is less room than this, the two ends would say little.
    const SHORT: usize = 12;
    if measure_text_width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail = if columns < SHORT { 0 } else { room / 2 };
    let head = first(text.chars(), room - tail);
    let tail: String = first(text.chars().rev(), tail).chars().rev().collect();
    format!("{head}…{tail}")
}

/// The first characters that fit.
fn first(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = String::new();
    let mut at = 0;
    for c in characters {
        at += measure_text_width(c.encode_utf8(&mut [0; 4]));
        if at > columns {
            break;
        }
        taken.push(c);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_in_the_middle() {
        assert_eq!(cut("/a/long/path/to/s.sh", 20), "/a/long/path/to/s.sh");
        assert_eq!(cut("/a/long/path/to/s.sh", 13), "/a/lon…o/s.sh");
        assert_eq!(cut("/a/long/path/to/s.sh", 5), "/a/l…");
        assert_eq!(cut("日本語日本語日本語", 13), "日本語…日本語");
        assert_eq!(cut("abc", 1), "…");
    }

    #[test]
    fn paths_below_home_are_relative_to_it() {
        let shortener = Shortener { homes: vec![PathBuf::from("/h/ann")], room: Some(20) };
        let path = |path: &str| shortener.path(Path::new(path));
        assert_eq!(path("/h/ann"), "~");
        assert_eq!(path("/h/ann/x"), "~/x");
        assert_eq!(path("/h/anna/x"), "/h/anna/x");
        assert_eq!(path("/h/ann/a/very/long/way/to/x"), "~/a/very/l…/way/to/x");
        let words = ["/h/ann/s.sh", "/h/ann", "~/x", "/h/ann/a b"];
        assert_eq!(shortener.command(&words), "~/s.sh /h/ann '~/x' '/h/ann/a b'");
    }
}
