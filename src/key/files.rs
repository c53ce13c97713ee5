//! `--file`: files, directories and globs that count by what they hold.

use super::FileState;
use super::digest::{Digest, FileReader, Unreadable};
use super::hashing::HashWith;
use super::program::absolute;
use super::text::Hashed;
use super::tree::{self, Kind};
use glob::{MatchOptions, Pattern, glob_with};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What is named by each `--file`, in the order of their paths.
pub type NamedFiles = BTreeMap<OsString, Vec<(PathBuf, FileState)>>;

/// Checks that a word of `--file` can be understood.
///
/// # Errors
/// What is wrong with the glob.
pub fn check_file_word(word: &OsStr) -> Result<(), String> {
    if word.is_empty() {
        return Err("expected a path or a glob".to_owned());
    }
    match as_glob(word).map(Pattern::new) {
        Some(Err(error)) if !Path::new(word).exists() => Err(error.msg.to_owned()),
        _ => Ok(()),
    }
}

/// Sees what the files of `--file` hold.
pub(super) fn observe(
    reader: &FileReader<'_>,
    named: &[OsString],
    hashes: &[HashWith],
) -> Result<NamedFiles, Unreadable> {
    let files = Files { reader, hashes };
    named
        .iter()
        .map(|word| {
            let paths = expand(word)?;
            reader.note_shape(Shape::of(word, &paths)?);
            let states = paths.into_iter().map(|path| Ok((path.clone(), files.state(&path)?)));
            Ok((word.clone(), states.collect::<Result<_, _>>()?))
        })
        .collect()
}

/// The paths that a word names: itself, or what its glob matches.
fn expand(word: &OsStr) -> Result<Vec<PathBuf>, Unreadable> {
    let Some(glob) = as_glob(word).filter(|_| fs::symlink_metadata(word).is_err()) else {
        return Ok(vec![PathBuf::from(word)]);
    };
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        // As in a shell.
        require_literal_leading_dot: true,
    };
    let unclear = |reason: &dyn std::fmt::Display| Unreadable::new(Path::new(word), reason);
    let found = glob_with(glob, options).map_err(|error| unclear(&error.msg))?;
    let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|error| unclear(&error))?;
    paths.sort();
    Ok(paths)
}

fn as_glob(word: &OsStr) -> Option<&str> {
    word.to_str().filter(|text| text.contains(['*', '?', '[']))
}

struct Files<'r, 'm> {
    reader: &'r FileReader<'m>,
    hashes: &'r [HashWith],
}

impl Files<'_, '_> {
    fn state(&self, path: &Path) -> Result<FileState, Unreadable> {
        if !path.is_dir() {
            return self.content(path);
        }
        let mut whole = Vec::new();
        for member in tree::walk(path)? {
            let content = match member.kind {
                Kind::File { .. } => Some(self.content(&path.join(&member.path))?),
                Kind::Directory | Kind::Link(_) => None,
            };
            member.encode(content.as_ref(), &mut whole);
        }
        Ok(FileState::Tree(Digest::of(&whole)))
    }

    fn content(&self, path: &Path) -> Result<FileState, Unreadable> {
        let Some(content) = self.reader.content(&absolute(path))? else {
            return Ok(FileState::Missing);
        };
        let Some(hash) = self.hashes.iter().find(|hash| hash.is_for_file(path)) else {
            return Ok(FileState::Content(content.digest));
        };
        let file = File::open(path).map_err(|error| Unreadable::new(path, error))?;
        let digest = hash.digest(path, &file)?;
        Ok(FileState::Hashed(Hashed { with: hash.command().to_owned(), digest }))
    }
}

/// Which files there are, whatever they hold: to see later whether they still are the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    word: OsString,
    digest: Digest,
}

impl Shape {
    fn of(word: &OsStr, paths: &[PathBuf]) -> Result<Self, Unreadable> {
        let mut whole = Vec::new();
        for path in paths {
            whole.extend(super::encode_words([path.as_os_str()]));
            if path.is_dir() {
                tree::walk(path)?.iter().for_each(|member| member.encode(None, &mut whole));
            }
        }
        Ok(Self { word: word.to_owned(), digest: Digest::of(&whole) })
    }

    pub(super) fn word(&self) -> &Path {
        Path::new(&self.word)
    }

    pub(super) fn still_holds(&self) -> bool {
        expand(&self.word)
            .and_then(|paths| Self::of(&self.word, &paths))
            .is_ok_and(|now| now == *self)
    }
}
