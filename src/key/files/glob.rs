//! The files that a glob names, as a shell would find them: `*` stops at `/`, hidden files need a dot,
//! `**` stands for any directories, links to directories are not followed by it.

use crate::key::digest::OnProgress;
use crate::key::error::Unreadable;
use glob::{MatchOptions, Pattern};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a word is one.
pub(crate) fn is_glob(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.contains(['*', '?', '[']) && Pattern::new(text).is_ok())
}

/// The paths that match, in their order. Each directory is read once, however the glob is written.
pub(crate) fn expand(glob: &str, on_progress: OnProgress<'_>) -> Result<Vec<PathBuf>, Unreadable> {
    let root = if glob.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts = glob.split('/').filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<Part<'_>> = parts.map(Part::new).collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    let walk = Walk { parts: &parts };
    let mut directories = vec![(root, walk.reachable([0].into()))];
    while let Some((directory, places)) = directories.pop() {
        on_progress();
        for (path, places) in walk.step(&directory, &places)? {
            if places.contains(&parts.len()) {
                found.push(path.clone());
            }
            directories.push((path, places));
        }
    }
    // Byte by byte, which is a lot faster than part by part; what is above still comes first.
    found.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found.dedup_by(|a, b| a.as_os_str() == b.as_os_str());
    Ok(found)
}

/// What stands between two slashes.
enum Part<'g> {
    /// `**`: any directories.
    Directories,
    Name(&'g str),
    Pattern(Pattern),
}

impl<'g> Part<'g> {
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

/// Places in a glob: the numbers of the parts that may come next at some path; their count, if the path matches.
type Places = BTreeSet<usize>;

/// A walk through directories that keeps track of all the ways in which the glob can match.
struct Walk<'g> {
    parts: &'g [Part<'g>],
}

impl Walk<'_> {
    /// With the places behind each `**`, which may stand for no directory.
    fn reachable(&self, mut places: Places) -> Places {
        for (place, part) in self.parts.iter().enumerate() {
            // At the end it stands for all that there is, but not for nothing.
            let is_last = place + 1 == self.parts.len();
            if matches!(part, Part::Directories) && !is_last && places.contains(&place) {
                places.insert(place + 1);
            }
        }
        places
    }

    /// What matches one part more in a directory, with the places there.
    fn step(
        &self,
        directory: &Path,
        places: &Places,
    ) -> Result<BTreeMap<PathBuf, Places>, Unreadable> {
        let mut next: BTreeMap<PathBuf, Places> = BTreeMap::new();
        let mut add = |name: &OsStr, place| {
            next.entry(directory.join(name)).or_default().insert(place);
        };
        let mut lists = false;
        for &place in places {
            match self.parts.get(place) {
                None => {}
                Some(Part::Name(name)) => {
                    let is_last = place + 1 == self.parts.len();
                    if !is_last || exists(&directory.join(name))? {
                        add(OsStr::new(name), place + 1);
                    }
                }
                Some(Part::Pattern(_) | Part::Directories) => lists = true,
            }
        }
        let members = if lists { list(directory)? } else { Vec::new() };
        for Member { name, is_directory } in members {
            for &place in places {
                match self.parts.get(place) {
                    Some(Part::Pattern(pattern)) if is_match(pattern, &name) => {
                        add(&name, place + 1);
                    }
                    Some(Part::Directories) if !is_hidden(&name) => {
                        if place + 1 == self.parts.len() {
                            add(&name, place + 1);
                        }
                        if is_directory {
                            add(&name, place);
                        }
                    }
                    _ => {}
                }
            }
        }
        let reachable = |(path, places)| (path, self.reachable(places));
        Ok(next.into_iter().map(reachable).collect())
    }
}

struct Member {
    name: OsString,
    /// Links to directories are none.
    is_directory: bool,
}

fn is_match(pattern: &Pattern, name: &OsStr) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    pattern.matches_with(&name.to_string_lossy(), options)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// What is in a directory; nothing where there is no directory.
fn list(directory: &Path) -> Result<Vec<Member>, Unreadable> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let unreadable = |error| Unreadable::new(here, error);
    let member = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.map_err(unreadable)?;
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        Ok(Member { name: entry.file_name(), is_directory })
    };
    match fs::read_dir(here) {
        Ok(entries) => entries.map(member).collect(),
        Err(error) if is_nothing(&error) => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
    }
}

fn exists(path: &Path) -> Result<bool, Unreadable> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(error) => Err(Unreadable::new(path, error)),
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
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
