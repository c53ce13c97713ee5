//! The files that a glob names, as a shell would find them: `*` stops at `/`, hidden files need a dot,
//! `**` stands for any directories, links to directories are not followed by it.

use super::reading::Unreadable;
use glob::{MatchOptions, Pattern};
use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a word is one.
pub(super) fn is_glob(word: &OsStr) -> bool {
    word.to_str().is_some_and(|text| text.contains(['*', '?', '[']) && Pattern::new(text).is_ok())
}

/// The paths that match, in their order.
pub(super) fn expand(glob: &str) -> Result<Vec<PathBuf>, Unreadable> {
    let root = if glob.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts = glob.split('/').filter(|part| !part.is_empty() && *part != ".");
    let parts: Vec<Part<'_>> = parts.map(Part::new).collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    Directory::new(root).find(&parts, &mut found)?;
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

/// A directory that something is looked for in, or what is none.
struct Directory {
    path: PathBuf,
    members: OnceCell<Vec<Member>>,
}

struct Member {
    name: OsString,
    /// Links to directories are none.
    is_directory: bool,
}

impl Directory {
    fn new(path: PathBuf) -> Self {
        Self { path, members: OnceCell::new() }
    }

    /// Adds what these parts of a glob match.
    fn find(&self, parts: &[Part<'_>], found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        match part {
            Part::Name(name) => {
                let path = self.path.join(name);
                if !rest.is_empty() {
                    return Self::new(path).find(rest, found);
                }
                if exists(&path)? {
                    found.push(path);
                }
            }
            Part::Pattern(pattern) => {
                let options =
                    MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
                for Member { name, .. } in self.members()? {
                    if pattern.matches_with(&name.to_string_lossy(), options) {
                        self.add(name, rest, found)?;
                    }
                }
            }
            Part::Directories => {
                let shown = || self.members().map(|all| all.iter().filter(|it| !it.is_hidden()));
                // At the end it stands for all that there is.
                if rest.is_empty() {
                    shown()?.try_for_each(|member| self.add(&member.name, rest, found))?;
                }
                self.find(rest, found)?;
                for member in shown()?.filter(|member| member.is_directory) {
                    Self::new(self.path.join(&member.name)).find(parts, found)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a member that matches, or what the rest matches below it.
    fn add(
        &self,
        name: &OsStr,
        rest: &[Part<'_>],
        found: &mut Vec<PathBuf>,
    ) -> Result<(), Unreadable> {
        let path = self.path.join(name);
        if rest.is_empty() {
            found.push(path);
            return Ok(());
        }
        Self::new(path).find(rest, found)
    }

    fn members(&self) -> Result<&[Member], Unreadable> {
        if let Some(members) = self.members.get() {
            return Ok(members);
        }
        let members = list(&self.path)?;
        Ok(self.members.get_or_init(|| members))
    }
}

impl Member {
    fn is_hidden(&self) -> bool {
        self.name.as_encoded_bytes().starts_with(b".")
    }
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
            let found = expand(&format!("{base}/{glob}")).expect("readable");
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
    }
}
