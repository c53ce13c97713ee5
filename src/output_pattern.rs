//! `--output`: which paths are outputs. Pure.
//!
//! A pattern is a path or a glob. If it names a directory, it also matches everything below. As in a shell, `*` stops
//! at `/`, `**` stands for any directories, and hidden names need a dot.

use crate::path_pattern::{PathPattern, PatternPart, parts};
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const OUTSIDE: &str = "an output has to lie below the working directory";

/// Which of the files that a command writes are to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputSpec {
    /// `--output`: these files. They are never inputs, even if an option or an argument names them.
    pub named: OutputPatterns,
    /// `--outputs`: all that a traced run writes below the working directory.
    pub finds_written: bool,
}

impl OutputSpec {
    /// Whether there is anything to store.
    pub fn is_empty(&self) -> bool {
        !self.finds_written && self.named.patterns().is_empty()
    }
}

/// The patterns of all `--output` options of a call, and its working directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPatterns {
    directory: PathBuf,
    patterns: Vec<OutputPattern>,
}

impl OutputPatterns {
    /// The patterns of a call in this directory.
    ///
    /// # Errors
    /// When a pattern does not lie below the directory.
    pub fn new(directory: PathBuf, patterns: &[OutputPattern]) -> Result<Self, String> {
        let below = |pattern: &OutputPattern| {
            let named = |problem| format!("--output {}: {problem}", escape_os(pattern.text()));
            pattern.clone().below(&directory).map_err(named)
        };
        let patterns = patterns.iter().map(below).collect::<Result<_, _>>()?;
        Ok(Self { directory, patterns })
    }

    /// The patterns, relative to the working directory.
    pub fn patterns(&self) -> &[OutputPattern] {
        &self.patterns
    }

    /// Whether this path, absolute or from the working directory, is an output.
    pub fn cover(&self, path: &Path) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let below = path.strip_prefix(&self.directory).unwrap_or(path);
        let names: Vec<_> = parts(below.as_os_str().as_bytes()).collect();
        if below == Path::new("") || below.is_absolute() || names.contains(&&b".."[..]) {
            return false;
        }
        let path = names.join(&b'/');
        self.patterns.iter().any(|pattern| pattern.matches(&path))
    }
}

/// One `--output`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputPattern {
    text: OsString,
    is_absolute: bool,
    pub(crate) pattern: PathPattern,
}

impl OutputPattern {
    /// Reads a word of `--output`.
    ///
    /// # Errors
    /// When the word is invalid.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        let bytes = word.as_bytes();
        if bytes.contains(&0) {
            return Err("a path cannot hold a NUL".to_owned());
        }
        let part =
            |part| if part == b".." { Err(OUTSIDE.to_owned()) } else { PatternPart::parse(part) };
        let parts = parts(bytes).map(part).collect::<Result<Vec<_>, _>>()?;
        match parts.first() {
            None if bytes.is_empty() => Err("expected a path or a glob".to_owned()),
            None => Err(OUTSIDE.to_owned()),
            Some(_) => {
                let is_absolute = bytes.starts_with(b"/");
                Ok(Self { text: word.to_owned(), is_absolute, pattern: PathPattern(parts) })
            }
        }
    }

    /// Makes an absolute pattern relative to this working directory.
    ///
    /// # Errors
    /// When the pattern does not lie below the directory.
    pub fn below(mut self, directory: &Path) -> Result<Self, String> {
        if !self.is_absolute {
            return Ok(self);
        }
        let names: Vec<_> = parts(directory.as_os_str().as_bytes()).collect();
        let PathPattern(own) = &mut self.pattern;
        let is_below = names.len() < own.len()
            && names.iter().zip(&*own).all(
                |(name, part)| matches!(part, PatternPart::Name(part) if part.as_bytes() == *name),
            );
        if !is_below {
            return Err(OUTSIDE.to_owned());
        }
        own.drain(..names.len());
        self.is_absolute = false;
        Ok(self)
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &OsStr {
        &self.text
    }

    /// Whether it matches this path from the working directory, or a directory above it.
    pub fn matches(&self, path: &[u8]) -> bool {
        let mut positions = self.pattern.start();
        path.split(|byte| *byte == b'/').any(|name| {
            positions = self.pattern.step(&positions, name, true);
            self.pattern.is_match(&positions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(word: &str) -> OutputPattern {
        OutputPattern::parse(OsStr::new(word)).expect("a pattern")
    }

    #[test]
    fn a_pattern_matches_a_path_and_all_below_it() {
        for (word, path, expected) in [
            ("dist", "dist", true),
            ("dist", "dist/a/b", true),
            ("dist", "dist/.hidden", true),
            ("dist", "distant", false),
            ("dist", "a/dist", false),
            ("./dist//", "dist/x", true),
            ("a/./b", "a/b", true),
            ("a/b", "a", false),
            ("*.o", "x.o", true),
            ("*.o", "x.o/y", true),
            ("*.o", ".x.o", false),
            (".*.o", ".x.o", true),
            ("*.o", "a/x.o", false),
            ("*", ".git/config", false),
            ("**/*.o", "x.o", true),
            ("**/*.o", "a/b/x.o", true),
            ("**/*.o", "a/.b/x.o", false),
            ("a/**", "a", false),
            ("a/**", "a/b/c", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("**/**/b", "b", true),
            ("[[]id].js", "[id].js", true),
            ("caf\u{e9}/?", "caf\u{e9}/\u{fc}", true),
        ] {
            assert_eq!(pattern(word).matches(path.as_bytes()), expected, "{word} {path}");
        }
        let bytes = OutputPattern::parse(OsStr::from_bytes(b"\xff*")).expect("a pattern");
        assert!(bytes.matches(b"\xff*/x") && !bytes.matches(b"\xffx"), "it is a plain path");
    }

    #[test]
    fn patterns_outside_of_the_directory_are_refused() {
        for word in ["..", "../x", "a/../../b", "a/..", ".", "./", "/"] {
            assert_eq!(OutputPattern::parse(OsStr::new(word)), Err(OUTSIDE.to_owned()), "{word}");
        }
        for word in ["", "a**", "[", "a/[b"] {
            OutputPattern::parse(OsStr::new(word)).expect_err(word);
        }
        OutputPattern::parse(OsStr::from_bytes(b"a\0b")).expect_err("a NUL");
    }

    #[test]
    fn an_absolute_pattern_has_to_lie_below_the_working_directory() {
        let below = |word: &str, directory: &str| pattern(word).below(Path::new(directory));
        let found = below("/w/p/dist/*", "/w/p").expect("below");
        assert!(found.matches(b"dist/x") && !found.matches(b"w/p/dist/x"));
        assert_eq!(found.text(), "/w/p/dist/*");
        assert!(below("/w/p/dist", "/w//p/").expect("below").matches(b"dist"));
        assert!(below("/x", "/").expect("below").matches(b"x"));
        for (word, directory) in
            [("/w/p", "/w/p"), ("/w", "/w/p"), ("/w/q/x", "/w/p"), ("/*/p/x", "/w/p")]
        {
            assert_eq!(below(word, directory), Err(OUTSIDE.to_owned()), "{word}");
        }
        assert_eq!(below("dist", "/w/p"), Ok(pattern("dist")));
    }
}
