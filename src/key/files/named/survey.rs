//! The paths that a word of `--file` names, with their kinds and stamps. No file is opened.
//!
//! A survey can be repeated, and compared with the first one.

use super::glob;
use super::tree::{Tree, TreeMember};
use crate::absence::if_there;
use crate::key::digest::{Digest, OnProgress};
use crate::key::encoding::Encode;
use crate::key::error::Unreadable;
use crate::key::files::stamp::{FileStamp, Stamp};
use crate::output_pattern::OutputPatterns;
use crate::parallel;
use rustix::fs::FileType;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// Fewer paths than this are not worth a thread of their own.
const PATHS_PER_THREAD: usize = 256;

/// Everything that a word names, at one moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileSurvey {
    pub(super) word: OsString,
    /// The outputs of the command, which are left out.
    outputs: OutputPatterns,
    pub(super) is_glob: bool,
    /// Sorted by path.
    pub(super) found: Vec<(PathBuf, SurveyedPath)>,
}

/// The state of a path, where links lead.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SurveyedPath {
    Nothing,
    /// A file, or something that cannot be read as one.
    File(FileStamp),
    Directory(Tree),
}

impl FileSurvey {
    /// Looks at the path that a word names, or at all that its glob matches. `on_progress` is called now and then.
    pub(super) fn of(
        word: &OsStr,
        outputs: &OutputPatterns,
        on_progress: OnProgress<'_>,
    ) -> Result<Self, Unreadable> {
        let glob = word.to_str().filter(|_| glob::is_glob(word));
        let glob = glob.filter(|_| fs::symlink_metadata(word).is_err());
        let mut paths = glob.map_or_else(
            || Ok(vec![PathBuf::from(word)]),
            |glob| glob::expand(glob, on_progress),
        )?;
        if glob.is_some() {
            paths.retain(|path| !outputs.cover(path));
        }
        let look = |path: &PathBuf| if outputs.cover(path) { Ok(None) } else { look(path) };
        let looks = parallel::map(&paths, PATHS_PER_THREAD, look);
        let mut found = Vec::with_capacity(paths.len());
        let mut directories = HashSet::new();
        for (path, look) in paths.into_iter().zip(looks) {
            // A path below a directory that was found counts with that directory.
            if path.ancestors().skip(1).any(|above| directories.contains(above)) {
                continue;
            }
            let it = match look? {
                None => SurveyedPath::Nothing,
                Some((FileType::Directory, _)) => {
                    SurveyedPath::Directory(Tree::below(&path, outputs, on_progress)?)
                }
                Some((_, stamp)) => SurveyedPath::File(stamp),
            };
            if matches!(it, SurveyedPath::Directory(_)) {
                directories.insert(path.clone());
            }
            found.push((path, it));
        }
        Ok(Self { word: word.to_owned(), outputs: outputs.clone(), is_glob: glob.is_some(), found })
    }

    /// A path that was found, as it counts. What an absolute glob matches counts by its path below the first directory that
    /// the glob leaves open: the glob itself is in the key, and another checkout of a project has the same files at another
    /// place.
    pub(super) fn counted<'p>(&self, path: &'p Path) -> &'p Path {
        let word = self.word.to_str().filter(|word| self.is_glob && word.starts_with('/'));
        word.and_then(|word| path.strip_prefix(&*glob::fixed_directory(word)).ok()).unwrap_or(path)
    }

    /// The number of files.
    pub(super) fn file_count(&self) -> usize {
        let count = |(_, found): &(_, SurveyedPath)| match found {
            SurveyedPath::Nothing => 0,
            SurveyedPath::File(_) => 1,
            SurveyedPath::Directory(tree) => tree.file_count(),
        };
        self.found.iter().map(count).sum()
    }

    /// A stamp of the whole survey. Together with the contents of the files it decides how the word counts.
    pub(super) fn stamp(&self) -> Stamp {
        let mut bytes = Vec::new();
        self.is_glob.encode(&mut bytes);
        for (path, found) in &self.found {
            if self.is_glob {
                self.counted(path).encode(&mut bytes);
            }
            match found {
                SurveyedPath::Nothing => bytes.push(0),
                SurveyedPath::File(stamp) => {
                    bytes.push(1);
                    stamp.encode(&mut bytes);
                }
                SurveyedPath::Directory(tree) => {
                    bytes.push(2);
                    bytes.extend_from_slice(tree.stamp().as_bytes());
                }
            }
        }
        Stamp::of_many(Digest::of(&bytes))
    }

    /// A path that has changed since the survey, if there is one.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        match Self::of(&self.word, &self.outputs, &|| {}) {
            Ok(now) => (*self != now).then(|| self.difference(&now)),
            Err(_) => Some(self.word.clone().into()),
        }
    }

    fn difference(&self, other: &Self) -> PathBuf {
        let mut pairs = self.found.iter().zip(&other.found);
        let differing = pairs.find_map(|((root, ours), (other, theirs))| {
            let (ours, theirs) = (ours.members(), theirs.members());
            let (a, b) = ours.iter().zip(&theirs).find(|(a, b)| a != b)?;
            (root == other).then(|| root.join(a.path.as_path().min(&b.path)))
        });
        differing.unwrap_or_else(|| self.word.clone().into())
    }
}

impl SurveyedPath {
    /// The members of a directory, sorted by path.
    pub(super) fn members(&self) -> Vec<TreeMember<'_>> {
        match self {
            Self::Nothing | Self::File(_) => Vec::new(),
            Self::Directory(tree) => tree.members(),
        }
    }
}

/// The type and stamp of a path, if there is anything.
fn look(path: &Path) -> Result<Option<(FileType, FileStamp)>, Unreadable> {
    let found = if_there(rustix::fs::stat(path)).map_err(|error| Unreadable::new(path, error))?;
    Ok(found.map(|stat| (FileType::from_raw_mode(stat.st_mode), FileStamp::of(&stat))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_path_that_changed_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |path: &str| dir.path().join(path);
        fs::create_dir(at("d")).expect("made");
        for name in ["a", "d/b", "d/z"] {
            fs::write(at(name), "").expect("written");
        }
        let changed = |word: &Path, change: &dyn Fn() -> io::Result<()>| {
            let survey = FileSurvey::of(word.as_os_str(), &OutputPatterns::default(), &|| {})
                .expect("readable");
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
    fn files_in_a_matching_directory_count_once() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(dir.path().join("a/b")).expect("made");
        for name in ["a/b/x", "a/y", "z"] {
            fs::write(dir.path().join(name), "").expect("written");
        }
        let survey =
            FileSurvey::of(dir.path().join("**").as_os_str(), &OutputPatterns::default(), &|| {})
                .expect("readable");
        let paths: Vec<_> = survey.found.iter().map(|(path, _)| path.clone()).collect();
        assert_eq!(paths, [dir.path().join("a"), dir.path().join("z")]);
        assert_eq!(survey.file_count(), 3);
    }
}
