//! `--file`: files, directories and globs that count by what they hold.

use super::FileState;
use super::digest::{Digest, DigestBuilder};
use super::encoding::{encode_words, state_bytes};
use super::hashing::HashWith;
use super::reading::{FileReader, Unreadable};
use super::survey::{Part, Survey};
use super::text::Hashed;
use super::tree::Member;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What each `--file` names.
pub type NamedFiles = BTreeMap<OsString, FileState>;

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
            let survey = Survey::of(word)?;
            let state = files.read(&survey)?;
            reader.note_survey(survey);
            Ok((word.clone(), state))
        })
        .collect()
}

struct Files<'r, 'm> {
    reader: &'r FileReader<'m>,
    hashes: &'r [HashWith],
}

impl Files<'_, '_> {
    /// Reads what was surveyed.
    fn read(&self, survey: &Survey) -> Result<FileState, Unreadable> {
        let parts: Vec<_> = survey.parts().collect();
        let files: Vec<_> = parts.iter().flat_map(|(path, part)| part.files(path)).collect();
        let found = self.reader.contents(&files)?;
        let mut contents = files.iter().zip(&found).map(|(file, found)| match found {
            Some((_, digest)) => self.content(&file.path, *digest),
            None => Ok(FileState::Missing),
        });
        let mut next = || contents.next().unwrap_or(Ok(FileState::Missing));
        let states = parts.iter().map(|(path, part)| {
            let state = match part {
                Part::Nothing => FileState::Missing,
                Part::File(_) => next()?,
                Part::Directory(members) => FileState::Tree(whole(members, &mut next)?),
            };
            Ok(((*path).to_owned(), state))
        });
        Ok(survey.together(states.collect::<Result<_, _>>()?))
    }

    /// What a file counts as.
    fn content(&self, path: &Path, digest: Digest) -> Result<FileState, Unreadable> {
        let Some(hash) = self.hashes.iter().find(|hash| hash.is_for_file(path)) else {
            return Ok(FileState::Content(digest));
        };
        let file = File::open(path).map_err(|error| Unreadable::new(path, error))?;
        let digest = hash.digest(path, &file)?;
        Ok(FileState::Hashed(Hashed { with: hash.command().to_owned(), digest }))
    }
}

/// The digest of a directory, `content` being what one file after the other holds.
fn whole(
    members: &[Member<'_>],
    content: &mut impl FnMut() -> Result<FileState, Unreadable>,
) -> Result<Digest, Unreadable> {
    let mut bytes = Vec::new();
    for member in members {
        let content = if member.is_file() { Some(content()?) } else { None };
        member.encode(content.as_ref(), &mut bytes);
    }
    Ok(Digest::of(&bytes))
}

impl Survey {
    /// What the word names, if that is the digest of it.
    fn state(&self, digest: Digest) -> FileState {
        if self.is_glob() {
            FileState::Matches { count: self.matches(), digest }
        } else {
            FileState::Tree(digest)
        }
    }

    /// What the word names, put together from what is at each path.
    fn together(&self, mut states: Vec<(PathBuf, FileState)>) -> FileState {
        match states.pop() {
            Some((_, state)) if !self.is_glob() => state,
            last => {
                let mut digest = DigestBuilder::default();
                for (path, state) in states.iter().chain(&last) {
                    digest.update(&encode_words([path.as_os_str()]));
                    digest.update(&state_bytes(state));
                }
                self.state(digest.finish())
            }
        }
    }
}
