//! What a word of `--file` names, as the file system tells it: no file is opened.

use super::glob;
use super::parallel;
use super::stamp::{FileStamp, Stamp};
use super::tree::{Kind, Member, Tree};
use crate::key::digest::Digest;
use crate::key::digest::OnProgress;
use crate::key::encoding::{Encode, Encoder};
use crate::key::error::Unreadable;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many files are worth a thread of their own.
const FILES: usize = 256;

/// All that a word names, at one time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Survey {
    word: OsString,
    is_glob: bool,
    found: Vec<(PathBuf, Found)>,
}

/// What is at a path, links being followed.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A file, or what cannot be read as one.
    File(FileStamp),
    Directory(Tree),
}

/// What was found at a path, for those who want to know what it holds.
pub(crate) enum Part<'s> {
    Nothing,
    File(&'s FileStamp),
    /// All that is below, in the order of the paths.
    Directory(Vec<Member<'s>>),
}

/// A file that was found.
pub(crate) struct Surveyed {
    pub(crate) path: PathBuf,
    pub(crate) stamp: FileStamp,
}

impl Survey {
    /// Looks at what a word names: itself, or what its glob matches. `on_progress` is called now and then.
    pub(crate) fn of(word: &OsStr, on_progress: OnProgress<'_>) -> Result<Self, Unreadable> {
        let glob = word.to_str().filter(|_| glob::is_glob(word));
        let glob = glob.filter(|_| fs::symlink_metadata(word).is_err());
        let paths = glob.map_or_else(
            || Ok(vec![PathBuf::from(word)]),
            |glob| glob::expand(glob, on_progress),
        )?;
        let looks = parallel::map(&paths, FILES, |path| look(path));
        let mut found = Vec::with_capacity(paths.len());
        let mut directories = HashSet::new();
        for (path, look) in paths.into_iter().zip(looks) {
            // It counts with all that is in the directory above it.
            if path.ancestors().skip(1).any(|above| directories.contains(above)) {
                continue;
            }
            let it = match look? {
                None => Found::Nothing,
                Some((FileType::Directory, _)) => {
                    Found::Directory(Tree::below(&path, on_progress)?)
                }
                Some((_, stamp)) => Found::File(stamp),
            };
            if matches!(it, Found::Directory(_)) {
                directories.insert(path.clone());
            }
            found.push((path, it));
        }
        Ok(Self { word: word.to_owned(), is_glob: glob.is_some(), found })
    }

    pub(crate) fn word(&self) -> &Path {
        Path::new(&self.word)
    }

    pub(crate) fn is_glob(&self) -> bool {
        self.is_glob
    }

    /// How many paths the word stands for.
    pub(crate) fn matches(&self) -> usize {
        self.found.len()
    }

    /// How many files there are.
    pub(crate) fn files(&self) -> usize {
        let count = |(_, found): &(_, Found)| match found {
            Found::Nothing => 0,
            Found::File(_) => 1,
            Found::Directory(tree) => tree.files(),
        };
        self.found.iter().map(count).sum()
    }

    /// Everything that was found, in the order of the paths.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Path, Part<'_>)> {
        self.found.iter().map(|(path, found)| {
            let part = match found {
                Found::Nothing => Part::Nothing,
                Found::File(stamp) => Part::File(stamp),
                Found::Directory(tree) => Part::Directory(tree.members()),
            };
            (&**path, part)
        })
    }

    /// What all of it is recognized by. Beside this only what the files hold decides what it is for the
    /// key.
    pub(crate) fn stamp(&self) -> Stamp {
        let mut bytes = Encoder::default();
        self.is_glob.encode(&mut bytes);
        for (path, found) in &self.found {
            if self.is_glob {
                path.encode(&mut bytes);
            }
            match found {
                Found::Nothing => bytes.tag(0),
                Found::File(stamp) => {
                    bytes.tag(1);
                    stamp.encode(&mut bytes);
                }
                Found::Directory(tree) => {
                    bytes.tag(2);
                    bytes.fixed(tree.stamp().as_bytes());
                }
            }
        }
        Stamp::of_many(Digest::of(&bytes.finish()))
    }

    /// What is no longer as it was found, if anything is.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        match Self::of(&self.word, &|| {}) {
            Ok(now) => (*self != now).then(|| self.difference(&now)),
            Err(_) => Some(self.word().to_owned()),
        }
    }

    fn difference(&self, other: &Self) -> PathBuf {
        let differing =
            self.parts().zip(other.parts()).find_map(|(ours, theirs)| match (ours, theirs) {
                ((root, Part::Directory(ours)), (other, Part::Directory(theirs)))
                    if root == other =>
                {
                    let (a, b) = ours.iter().zip(&theirs).find(|(a, b)| a != b)?;
                    Some(root.join(a.path.as_path().min(&b.path)))
                }
                _ => None,
            });
        differing.unwrap_or_else(|| self.word().to_owned())
    }
}

impl Part<'_> {
    /// The files in it, in the order of the paths.
    pub(crate) fn files(&self, root: &Path) -> Vec<Surveyed> {
        match self {
            Part::Nothing => Vec::new(),
            Part::File(stamp) => vec![Surveyed { path: root.to_owned(), stamp: **stamp }],
            Part::Directory(members) => {
                let file = |member: &Member<'_>| match member.kind {
                    Kind::File { stamp, .. } => {
                        Some(Surveyed { path: root.join(&member.path), stamp: *stamp })
                    }
                    Kind::Directory | Kind::Link(_) => None,
                };
                members.iter().filter_map(file).collect()
            }
        }
    }
}

/// What is at a path, if anything is.
fn look(path: &Path) -> Result<Option<(FileType, FileStamp)>, Unreadable> {
    match rustix::fs::stat(path) {
        Ok(stat) => Ok(Some((FileType::from_raw_mode(stat.st_mode), FileStamp::of(&stat)))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(Unreadable::new(path, io::Error::from(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |path: &str| dir.path().join(path);
        fs::create_dir(at("d")).expect("made");
        for name in ["a", "d/b", "d/z"] {
            fs::write(at(name), "").expect("written");
        }
        let changed = |word: &Path, change: &dyn Fn() -> io::Result<()>| {
            let survey = Survey::of(word.as_os_str(), &|| {}).expect("readable");
            assert_eq!(survey.changed(), None);
            change().expect("changed");
            survey.changed()
        };
        let edit = || fs::write(at("d/b"), "edited");
        assert_eq!(changed(dir.path(), &edit), Some(at("d/b")));
        assert_eq!(changed(dir.path(), &|| fs::write(at("d/n"), "")), Some(at("d/n")));
        assert_eq!(
            changed(dir.path(), &|| fs::remove_file(at("d/z"))),
            Some(dir.path().to_owned())
        );
        assert_eq!(changed(&at("a"), &|| fs::write(at("a"), "edited")), Some(at("a")));
        assert_eq!(changed(&at("none"), &|| fs::write(at("none"), "")), Some(at("none")));
        assert_eq!(changed(&at("*"), &|| fs::write(at("more"), "")), Some(at("*")));
    }

    #[test]
    fn what_a_matching_directory_holds_counts_once() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(dir.path().join("a/b")).expect("made");
        for name in ["a/b/x", "a/y", "z"] {
            fs::write(dir.path().join(name), "").expect("written");
        }
        let survey = Survey::of(dir.path().join("**").as_os_str(), &|| {}).expect("readable");
        let paths: Vec<_> = survey.parts().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(paths, [dir.path().join("a"), dir.path().join("z")]);
        assert_eq!(survey.files(), 3);
    }
}
