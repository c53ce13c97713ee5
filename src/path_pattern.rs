//! Paths and globs, name by name. Pure.
//!
//! As in a shell, `*` stops at `/`, `**` stands for any directories, and hidden names need a dot. A walk keeps the
//! positions that a pattern can have reached at each path.

use glob::{MatchOptions, Pattern};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The parts of a path or a glob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathPattern(pub(crate) Vec<PatternPart>);

/// The part of a pattern between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PatternPart {
    /// `**`: any directories.
    Directories,
    Name(OsString),
    Glob(Pattern),
}

/// The indexes of the parts that may come next at some path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternPositions(Vec<usize>);

impl PathPattern {
    /// The positions where a walk begins.
    pub(crate) fn start(&self) -> PatternPositions {
        self.with_skipped(vec![0])
    }

    /// The positions after one more name of the path.
    pub(crate) fn step(
        &self,
        positions: &PatternPositions,
        name: &[u8],
        is_directory: bool,
    ) -> PatternPositions {
        let mut next = Vec::new();
        for &position in &positions.0 {
            match self.0.get(position) {
                Some(PatternPart::Directories) if !name.starts_with(b".") => {
                    // At the end it stands for everything below.
                    next.extend((position + 1 == self.0.len()).then_some(position + 1));
                    next.extend(is_directory.then_some(position));
                }
                Some(PatternPart::Name(part)) if part.as_bytes() == name => next.push(position + 1),
                Some(PatternPart::Glob(glob)) if is_match(glob, name) => next.push(position + 1),
                _ => {}
            }
        }
        self.with_skipped(next)
    }

    /// Whether the path with these positions matches.
    pub(crate) fn is_match(&self, positions: &PatternPositions) -> bool {
        positions.0.contains(&self.0.len())
    }

    /// The only names that can come next, if these are known.
    pub(crate) fn next_names(&self, positions: &PatternPositions) -> Option<Vec<&OsStr>> {
        let names = positions.0.iter().map(|position| match self.0.get(*position) {
            Some(PatternPart::Name(name)) => Some(&**name),
            _ => None,
        });
        names.collect()
    }

    /// Adds the position behind each `**`, which may stand for no directory. At the end of a pattern it stands for
    /// everything below, so there it is not skipped.
    fn with_skipped(&self, mut positions: Vec<usize>) -> PatternPositions {
        for (position, part) in self.0.iter().enumerate() {
            let is_last = position + 1 == self.0.len();
            if *part == PatternPart::Directories && !is_last && positions.contains(&position) {
                positions.push(position + 1);
            }
        }
        positions.sort_unstable();
        positions.dedup();
        PatternPositions(positions)
    }
}

impl PatternPositions {
    /// Whether nothing below can match.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PatternPart {
    /// Reads a part.
    ///
    /// # Errors
    /// What is wrong with a glob.
    pub(crate) fn parse(part: &[u8]) -> Result<Self, String> {
        if part == b"**" {
            return Ok(Self::Directories);
        }
        match std::str::from_utf8(part) {
            Ok(text) if text.contains(['*', '?', '[']) => {
                Pattern::new(text).map(Self::Glob).map_err(|error| error.msg.to_owned())
            }
            _ => Ok(Self::Name(OsString::from_vec(part.to_vec()))),
        }
    }
}

/// The parts of a path between its slashes, without those that lead nowhere.
pub(crate) fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

fn is_match(glob: &Pattern, name: &[u8]) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    glob.matches_with(&String::from_utf8_lossy(name), options)
}
