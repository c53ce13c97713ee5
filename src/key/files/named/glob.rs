//! The paths that a glob matches, as a shell would find them.
//!
//! `*` stops at `/`, hidden files need a dot, and `**` stands for any directories but follows no links to them. Each
//! directory is read once, however the glob is written.

use crate::absence::if_there;
use crate::key::digest::OnProgress;
use crate::key::error::Unreadable;
use crate::path_pattern::{PathPattern, PatternPart, parts};
use glob::Pattern;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Whether a word is a glob.
pub(super) fn is_glob(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.contains(['*', '?', '[']) && Pattern::new(text).is_ok())
}

/// The directory of a glob as far as it is a plain path. Characters in its names may be escaped.
pub(super) fn fixed_directory(glob: &str) -> Cow<'_, str> {
    let open = glob.find(['*', '?', '[']).unwrap_or(glob.len());
    let (start, rest) = glob.split_at(glob[..open].rfind('/').map_or(0, |slash| slash + 1));
    let mut fixed = Cow::Borrowed(start);
    for name in rest.split_inclusive('/').filter(|name| name.ends_with('/')) {
        match plain(name) {
            Some(name) => fixed += name,
            None => break,
        }
    }
    fixed
}

/// The name that a part of a glob stands for, if it is only one.
fn plain(part: &str) -> Option<Cow<'_, str>> {
    let mut plain = Cow::Borrowed("");
    let mut rest = part;
    while let Some(open) = rest.find(['*', '?', '[']) {
        let escaped = rest.get(open + 1..open + 2).filter(|it| "*?[]".contains(it));
        let after =
            rest.get(open..)?.strip_prefix('[')?.strip_prefix(escaped?)?.strip_prefix(']')?;
        plain = plain + &rest[..open] + escaped?;
        rest = after;
    }
    Some(plain + rest)
}

/// The paths that match, sorted.
pub(super) fn expand(glob: &str, on_progress: OnProgress<'_>) -> Result<Vec<PathBuf>, Unreadable> {
    let root = if glob.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let part = |part: &[u8]| {
        let problem = |problem| Unreadable::new(Path::new(OsStr::from_bytes(part)), problem);
        PatternPart::parse(part).map_err(problem)
    };
    let pattern = PathPattern(parts(glob.as_bytes()).map(part).collect::<Result<_, _>>()?);
    let mut found = Vec::new();
    let mut directories = vec![(root, pattern.start())];
    while let Some((directory, positions)) = directories.pop() {
        on_progress();
        let names = pattern.next_names(&positions);
        let is_certain = names.is_some();
        let members = match names {
            Some(names) => names.into_iter().map(|name| (name.to_owned(), false)).collect(),
            None => list(&directory)?,
        };
        for (name, is_directory) in members {
            let positions = pattern.step(&positions, name.as_bytes(), is_directory);
            let path = directory.join(name);
            if pattern.is_match(&positions) && (!is_certain || exists(&path)?) {
                found.push(path.clone());
            }
            if !positions.is_empty() {
                directories.push((path, positions));
            }
        }
    }
    // Sorted by bytes: this is much faster than by components, and still puts a directory before its members.
    found.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(found)
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

    #[test]
    fn the_fixed_directory_ends_before_the_first_open_name() {
        for (glob, fixed) in [
            ("/a/b/**", "/a/b/"),
            ("/a/b*/c", "/a/"),
            ("/*", "/"),
            ("a/?", "a/"),
            ("*", ""),
            ("/a [[]1[]]/x", "/a [1]/"),
            ("/[*]/[?]?/x", "/*/"),
            ("/[ab]/x", "/"),
            ("/[]]/[[/x", "/]/"),
        ] {
            assert_eq!(fixed_directory(glob), fixed);
        }
    }

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
