//! `--file`: files, directories and globs that count by what they hold.

use super::FileState;
use super::digest::{Digest, FileReader, Unreadable};
use super::glob_files;
use super::hashing::HashWith;
use super::program::absolute;
use super::text::Hashed;
use super::tree::{self, Kind};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is named by each `--file`, in the order of their paths.
pub type NamedFiles = BTreeMap<OsString, Vec<(PathBuf, FileState)>>;

/// Checks that a word of `--file` can be understood.
///
/// # Errors
/// What is wrong with it.
pub fn check_file_word(word: &OsStr) -> Result<(), String> {
    if word.is_empty() {
        return Err("expected a path or a glob".to_owned());
    }
    let looks_like_a_glob = word.as_bytes().iter().any(|byte| b"*?".contains(byte));
    if word.to_str().is_none() && looks_like_a_glob && !Path::new(word).exists() {
        return Err("a glob has to be UTF-8".to_owned());
    }
    Ok(())
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
            let mut shape = Vec::new();
            let states = expand(word)?.into_iter().map(|path| {
                let state = files.state(&path, &mut shape)?;
                Ok((path, state))
            });
            let states = states.collect::<Result<_, _>>()?;
            reader.note_shape(Shape { word: word.clone(), digest: Digest::of(&shape) });
            Ok((word.clone(), states))
        })
        .collect()
}

/// The paths that a word names: itself, or what its glob matches.
fn expand(word: &OsStr) -> Result<Vec<PathBuf>, Unreadable> {
    match word.to_str() {
        Some(glob) if glob_files::is_glob(word) && fs::symlink_metadata(word).is_err() => {
            glob_files::expand(glob)
        }
        _ => Ok(vec![PathBuf::from(word)]),
    }
}

struct Files<'r, 'm> {
    reader: &'r FileReader<'m>,
    hashes: &'r [HashWith],
}

impl Files<'_, '_> {
    /// What is there, and its shape on the way.
    fn state(&self, path: &Path, shape: &mut Vec<u8>) -> Result<FileState, Unreadable> {
        begin_shape(path, shape);
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
            member.encode(None, shape);
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

fn begin_shape(path: &Path, shape: &mut Vec<u8>) {
    shape.extend(super::encode_words([path.as_os_str()]));
}

impl Shape {
    pub(super) fn word(&self) -> &Path {
        Path::new(&self.word)
    }

    pub(super) fn still_holds(&self) -> bool {
        self.now().is_ok_and(|now| now == self.digest)
    }

    fn now(&self) -> Result<Digest, Unreadable> {
        let mut shape = Vec::new();
        for path in expand(&self.word)? {
            begin_shape(&path, &mut shape);
            if path.is_dir() {
                tree::walk(&path)?.iter().for_each(|member| member.encode(None, &mut shape));
            }
        }
        Ok(Digest::of(&shape))
    }
}
