//! The files that a glob names, as a shell would find them: `*` stops at `/`, hidden files need a dot,
//! `**` stands for any directories, links to directories are not followed by it.

use super::digest::Unreadable;
use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a word is one.
pub(super) fn is_glob(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.contains(['*', '?', '[']) && Pattern::new(text).is_ok())
}

/// The paths that match, in their order; one below another that is a directory is left out, since that
/// one counts with all that is in it.
pub(super) fn expand(glob: &str) -> Result<Vec<PathBuf>, Unreadable> {
    let root = if glob.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts: Vec<&str> =
        glob.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut found = Vec::new();
    descend(&root, &parts, &mut found)?;
    found.sort();
    found.dedup();
    let directories: Vec<PathBuf> = found.iter().filter(|path| path.is_dir()).cloned().collect();
    found.retain(|path| {
        !path.ancestors().skip(1).any(|above| directories.iter().any(|d| d == above))
    });
    Ok(found)
}

/// Adds what the rest of a glob matches in a directory.
fn descend(here: &Path, parts: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    let Some((part, rest)) = parts.split_first() else {
        return Ok(());
    };
    if *part == "**" {
        // At the end it stands for all that there is.
        let rest = if rest.is_empty() { &["*"][..] } else { rest };
        descend(here, rest, found)?;
        for name in names(here)? {
            let path = here.join(&name);
            let is_directory = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            if is_directory && !is_hidden(&name) {
                descend(&path, parts, found)?;
            }
        }
        return Ok(());
    }
    if !part.contains(['*', '?', '[']) {
        return next(here.join(part), rest, found);
    }
    let pattern =
        Pattern::new(part).map_err(|error| Unreadable::new(Path::new(part), error.msg))?;
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    for name in names(here)? {
        if pattern.matches_with(&name.to_string_lossy(), options) {
            next(here.join(name), rest, found)?;
        }
    }
    Ok(())
}

/// Adds a path that matches, or what the rest matches below it.
fn next(path: PathBuf, rest: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    if !rest.is_empty() {
        return descend(&path, rest, found);
    }
    match path.symlink_metadata() {
        Ok(_) => found.push(path),
        Err(error) if is_nothing(&error) => {}
        Err(error) => return Err(Unreadable::new(&path, error)),
    }
    Ok(())
}

/// The names in a directory; none where there is no directory.
fn names(directory: &Path) -> Result<Vec<std::ffi::OsString>, Unreadable> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let unreadable = |error| Unreadable::new(here, error);
    match std::fs::read_dir(here) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(unreadable)?.file_name())).collect(),
        Err(error) if is_nothing(&error) => Ok(Vec::new()),
        Err(error) => Err(unreadable(error)),
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
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
            let found = expand(&format!("{base}/{glob}")).expect("readable");
            let names = found
                .iter()
                .map(|path| path.strip_prefix(root).expect("below").to_string_lossy().into_owned());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(find("*.rs"), "x.rs \u{fffd}.rs");
        assert_eq!(find(".*.rs"), ".v.rs");
        assert_eq!(find("**/*.rs"), "a/b/z.rs a/y.rs x.rs \u{fffd}.rs");
        assert_eq!(find("a/**"), "a/b a/up a/y.rs");
        assert_eq!(find("*/y.rs"), "a/y.rs");
        assert_eq!(find("a/[xy].rs"), "a/y.rs");
        assert_eq!(find("none/*/x"), "");
        assert_eq!(find("x.rs/*"), "");
    }
}
