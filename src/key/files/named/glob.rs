//! The paths that a glob matches, as a shell would find them.
//!
//! `*` stops at `/`, hidden files need a dot, and `**` stands for any directories but follows no links to them. Each
//! directory is read once, however the glob is written.

use crate::absence::if_there;
use crate::key::digest::OnProgress;
use crate::key::error::Unreadable;
use glob::{MatchOptions, Pattern};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a word is a glob.
pub(super) fn is_glob(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.contains(['*', '?', '[']) && Pattern::new(text).is_ok())
}

/// The paths that match, sorted.
pub(super) fn expand(glob: &str, on_progress: OnProgress<'_>) -> Result<Vec<PathBuf>, Unreadable> {
    let root = if glob.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts = glob.split('/').filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<GlobPart<'_>> = parts.map(GlobPart::new).collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    let walk = GlobWalk { parts: &parts };
    let mut directories = vec![(root, walk.reachable([0].into()))];
    while let Some((directory, positions)) = directories.pop() {
        on_progress();
        for (path, positions) in walk.step(&directory, &positions)? {
            if positions.contains(&parts.len()) {
                found.push(path.clone());
            }
            directories.push((path, positions));
        }
    }
    // Sorted by bytes: this is much faster than by components, and still puts a directory before its members.
    found.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found.dedup_by(|a, b| a.as_os_str() == b.as_os_str());
    Ok(found)
}

/// The part of a glob between two slashes.
enum GlobPart<'g> {
    /// `**`: any directories.
    Directories,
    Name(&'g str),
    Pattern(Pattern),
}

impl<'g> GlobPart<'g> {
    fn new(text: &'g str) -> Result<Self, Unreadable> {
        if text == "**" {
            return Ok(Self::Directories);
        }
        if !text.contains(['*', '?', '[']) {
            return Ok(Self::Name(text));
        }
        let pattern = Pattern::new(text);
        Ok(Self::Pattern(pattern.map_err(|error| Unreadable::new(Path::new(text), error.msg))?))
    }
}

/// The indexes of the parts that may come next at some path. They include the number of parts if the path matches.
type GlobPositions = BTreeSet<usize>;

/// A walk through directories that keeps track of all the ways in which the glob can match.
struct GlobWalk<'g> {
    parts: &'g [GlobPart<'g>],
}

impl GlobWalk<'_> {
    /// Adds the position behind each `**`, which may stand for no directory.
    fn reachable(&self, mut positions: GlobPositions) -> GlobPositions {
        for (position, part) in self.parts.iter().enumerate() {
            // A `**` at the end stands for everything below, but not for the directory itself.
            let is_last = position + 1 == self.parts.len();
            if matches!(part, GlobPart::Directories) && !is_last && positions.contains(&position) {
                positions.insert(position + 1);
            }
        }
        positions
    }

    /// The members of a directory that match one part more, with their positions.
    fn step(
        &self,
        directory: &Path,
        positions: &GlobPositions,
    ) -> Result<BTreeMap<PathBuf, GlobPositions>, Unreadable> {
        let mut next: BTreeMap<PathBuf, GlobPositions> = BTreeMap::new();
        let mut add = |name: &OsStr, position| {
            next.entry(directory.join(name)).or_default().insert(position);
        };
        let mut lists = false;
        for &position in positions {
            match self.parts.get(position) {
                None => {}
                Some(GlobPart::Name(name)) => {
                    let is_last = position + 1 == self.parts.len();
                    if !is_last || exists(&directory.join(name))? {
                        add(OsStr::new(name), position + 1);
                    }
                }
                Some(GlobPart::Pattern(_) | GlobPart::Directories) => lists = true,
            }
        }
        let members = if lists { list(directory)? } else { Vec::new() };
        for (name, is_directory) in members {
            for &position in positions {
                match self.parts.get(position) {
                    Some(GlobPart::Pattern(pattern)) if is_match(pattern, &name) => {
                        add(&name, position + 1);
                    }
                    Some(GlobPart::Directories) if !is_hidden(&name) => {
                        if position + 1 == self.parts.len() {
                            add(&name, position + 1);
                        }
                        if is_directory {
                            add(&name, position);
                        }
                    }
                    _ => {}
                }
            }
        }
        let reachable = |(path, positions)| (path, self.reachable(positions));
        Ok(next.into_iter().map(reachable).collect())
    }
}

fn is_match(pattern: &Pattern, name: &OsStr) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    pattern.matches_with(&name.to_string_lossy(), options)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// The names in a directory, each with whether it is a directory and no link. Empty if there is no directory.
fn list(directory: &Path) -> Result<Vec<(OsString, bool)>, Unreadable> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let unreadable = |error| Unreadable::new(here, error);
    let member = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.map_err(unreadable)?;
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        Ok((entry.file_name(), is_directory))
    };
    let entries = if_there(fs::read_dir(here)).map_err(unreadable)?;
    entries.into_iter().flatten().map(member).collect()
}

fn exists(path: &Path) -> Result<bool, Unreadable> {
    let found = if_there(path.symlink_metadata());
    found.map(|found| found.is_some()).map_err(|error| Unreadable::new(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn globs_find_what_a_shell_finds() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        fs::create_dir_all(root.join("a/b/.h")).expect("made");
        for file in ["x.rs", "a/y.rs", "a/b/z.rs", "a/b/.h/w.rs", ".v.rs"] {
            fs::write(root.join(file), "").expect("written");
        }
        fs::write(root.join(OsStr::from_bytes(b"\xff.rs")), "").expect("written");
        std::os::unix::fs::symlink("..", root.join("a/up")).expect("linked");
        let base = Pattern::escape(root.to_str().expect("UTF-8"));
        let find = |glob: &str| {
            let found = expand(&format!("{base}/{glob}"), &|| {}).expect("readable");
            let names = found
                .iter()
                .map(|path| path.strip_prefix(root).expect("below").to_string_lossy().into_owned());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(find("*.rs"), "x.rs \u{fffd}.rs");
        assert_eq!(find(".*.rs"), ".v.rs");
        assert_eq!(find("**/*.rs"), "a/b/z.rs a/y.rs x.rs \u{fffd}.rs");
        assert_eq!(find("a/**"), "a/b a/b/z.rs a/up a/y.rs");
        assert_eq!(find("*/y.rs"), "a/y.rs");
        assert_eq!(find("a/[xy].rs"), "a/y.rs");
        assert_eq!(find("none/*/x"), "");
        assert_eq!(find("x.rs/*"), "");
        assert_eq!(find("**/**/*.rs"), find("**/*.rs"));
        assert_eq!(find("**/a/**/z.rs"), "a/b/z.rs");
        assert_eq!(find("**/up/x.rs"), "a/up/x.rs");
        assert_eq!(find("*/../x.rs"), "a/../x.rs");
        assert_eq!(find("**/**"), find("**"));
    }
}
