//! `--file`: files, directories and globs that count by what they hold.

use super::path::absolute;
use super::reading::FileReader;
use super::survey::{Part, Survey};
use super::tree::Member;
use crate::key::digest::{Digest, DigestBuilder};
use crate::key::encoding::{Encoder, bytes_of};
use crate::key::error::Unreadable;
use crate::key::fingerprint::{FileState, NamedFiles};
use crate::key::words::hash_with::Hashes;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

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
pub(crate) fn observe(
    reader: &FileReader<'_>,
    named: &[OsString],
    hashes: &Hashes<'_>,
) -> Result<NamedFiles, Unreadable> {
    let files = Files { reader, hashes };
    named
        .iter()
        .map(|word| {
            let survey = Survey::of(word, reader.on_progress())?;
            let state = files.state(&survey)?;
            reader.note_survey(survey);
            Ok((word.clone(), state))
        })
        .collect()
}

/// So few files are read again every time: that costs no more than looking them up.
const FEW: usize = 16;

struct Files<'r, 'm> {
    reader: &'r FileReader<'m>,
    hashes: &'r Hashes<'r>,
}

impl Files<'_, '_> {
    /// What a word names, by content; what many files held is remembered as one.
    fn state(&self, survey: &Survey) -> Result<FileState, Unreadable> {
        if survey.files() <= FEW || self.hashes.are_for_files() {
            return Ok(self.read(survey)?.0);
        }
        let (place, stamp) = (absolute(survey.word()), survey.stamp());
        if let Some(digest) = self.reader.recall(&place, &stamp) {
            return Ok(survey.state(digest));
        }
        let (state, is_certain) = self.read(survey)?;
        match state {
            FileState::Tree(digest) | FileState::Matches { digest, .. } if is_certain => {
                self.reader.learn(place, stamp, digest);
            }
            _ => {}
        }
        Ok(state)
    }

    /// Reads what was surveyed; also whether the stamps vouch for it.
    fn read(&self, survey: &Survey) -> Result<(FileState, bool), Unreadable> {
        let parts: Vec<_> = survey.parts().collect();
        let files: Vec<_> = parts.iter().flat_map(|(path, part)| part.files(path)).collect();
        let found = self.reader.contents(&files)?;
        let mut contents = files.iter().zip(&found).map(|(file, found)| match found {
            Some((_, digest)) => self.hashes.content(&file.path, *digest),
            None => Ok(FileState::Missing),
        });
        let mut next = || contents.next().unwrap_or(Ok(FileState::Missing));
        let states = parts.iter().map(|(path, part)| {
            let state = match part {
                Part::Nothing => {
                    self.hashes.note_missing(path);
                    FileState::Missing
                }
                Part::File(_) => next()?,
                Part::Directory(members) => FileState::Tree(whole(members, &mut next)?),
            };
            Ok(((*path).to_owned(), state))
        });
        let states = states.collect::<Result<Vec<_>, _>>()?;
        Ok((survey.together(states), self.reader.is_certain(&files, &found)))
    }
}

/// The digest of a directory, `content` being what one file after the other holds.
fn whole(
    members: &[Member<'_>],
    content: &mut impl FnMut() -> Result<FileState, Unreadable>,
) -> Result<Digest, Unreadable> {
    let mut bytes = Encoder::default();
    for member in members {
        let content = if member.is_file() { Some(content()?) } else { None };
        member.encode(content.as_ref(), &mut bytes);
    }
    Ok(Digest::of(&bytes.finish()))
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
                    digest.update(&bytes_of(path));
                    digest.update(&bytes_of(state));
                }
                self.state(digest.finish())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::{DigestMemory, LearnedDigest};
    use super::super::stamp::Stamp;
    use super::*;
    use crate::time::Timestamp;
    use std::fs;

    const LATER: Timestamp = Timestamp::from_millis(i64::MAX / 2);

    fn tree(count: usize) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for number in 0..count {
            fs::write(dir.path().join(number.to_string()), "one").expect("written");
        }
        dir
    }

    /// What a word names, and what is learned of it.
    fn see(
        word: &Path,
        memory: Option<&dyn DigestMemory>,
        now: Timestamp,
    ) -> (FileState, Vec<LearnedDigest>) {
        let reader = FileReader::new(memory, now, &|| {});
        let named = observe(&reader, &[word.into()], &Hashes::new(&[], &|| {})).expect("readable");
        (named[word.as_os_str()].clone(), reader.finish().learned)
    }

    /// A memory that holds one digest, true or not.
    struct Remembers(LearnedDigest);

    impl DigestMemory for Remembers {
        fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
            (path == self.0.path && *stamp == self.0.stamp).then_some(self.0.digest)
        }
    }

    #[test]
    fn what_many_files_held_is_believed_until_anything_changes() {
        let dir = tree(FEW + 1);
        let glob = dir.path().join("*");
        for word in [dir.path(), &glob] {
            let (state, learned) = see(word, None, LATER);
            let [learned] = learned.try_into().expect("one digest");
            assert_eq!(see(word, Some(&Remembers(learned.clone())), LATER).0, state);
            let lie = Digest::of(b"a lie");
            let believed =
                see(word, Some(&Remembers(LearnedDigest { digest: lie, ..learned })), LATER);
            let expected = match state {
                FileState::Tree(_) => FileState::Tree(lie),
                _ => FileState::Matches { count: FEW + 1, digest: lie },
            };
            assert_eq!(believed.0, expected);
            assert!(believed.1.is_empty(), "nothing new");
        }
    }

    #[test]
    fn few_files_are_simply_read() {
        let dir = tree(FEW);
        assert!(see(dir.path(), None, LATER).1.is_empty());
    }

    #[test]
    fn what_has_just_changed_is_not_remembered() {
        let dir = tree(FEW + 1);
        let survey = Survey::of(dir.path().as_os_str(), &|| {}).expect("there");
        let newest = survey.parts().flat_map(|(path, part)| part.files(path));
        let newest = newest.map(|file| file.stamp.changed).max().expect("a file");
        let at = |after: i128| {
            let millis = newest / 1_000_000 + after;
            Timestamp::from_millis(i64::try_from(millis).expect("a date"))
        };
        assert!(see(dir.path(), None, at(0)).1.is_empty());
        assert!(see(dir.path(), None, at(2000)).1.is_empty());
        assert!(see(dir.path(), None, at(-1_000_000)).1.is_empty(), "the clock was set back");
        assert_eq!(see(dir.path(), None, at(2001)).1.len(), 1);
    }

    #[test]
    fn what_changes_while_it_is_read_is_not_remembered() {
        let dir = tree(FEW + 1);
        let reader = FileReader::new(None, LATER, &|| {});
        let files = Files { reader: &reader, hashes: &Hashes::new(&[], &|| {}) };
        let survey = Survey::of(dir.path().as_os_str(), &|| {}).expect("there");
        assert!(files.read(&survey).expect("readable").1);
        fs::write(dir.path().join("3"), "other").expect("written");
        assert!(!files.read(&survey).expect("readable").1);
        fs::remove_file(dir.path().join("3")).expect("removed");
        assert!(!files.read(&survey).expect("readable").1);
    }
}
