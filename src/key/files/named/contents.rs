//! The contents of the files of `--file`.

use super::survey::{FileSurvey, SurveyedPath};
use super::tree::TreeMember;
use crate::key::digest::{Digest, DigestBuilder};
use crate::key::encoding::bytes_of;
use crate::key::error::Unreadable;
use crate::key::files::path::absolute;
use crate::key::files::reading::FileReader;
use crate::key::files::reading_many::StampedFile;
use crate::key::fingerprint::FileState;
use crate::key::hash_with::HashCommands;
use crate::output_pattern::OutputPatterns;
use glob::Pattern;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Up to this many files are read every time: that costs no more than looking up their digest.
const MAX_UNREMEMBERED: usize = 16;

/// Checks that a word of `--file` can be understood.
///
/// # Errors
/// When the word is invalid.
pub fn check_file_word(word: &OsStr) -> Result<(), String> {
    if word.is_empty() {
        return Err("expected a path or a glob".to_owned());
    }
    let looks_like_a_glob = word.as_bytes().iter().any(|byte| b"*?".contains(byte));
    if looks_like_a_glob && Path::new(word).symlink_metadata().is_err() {
        let text = word.to_str().ok_or("a glob has to be UTF-8")?;
        Pattern::new(text).map_err(|error| error.msg)?;
    }
    Ok(())
}

/// Looks at everything that one word of `--file` names, and reads its files.
pub(crate) fn observe(
    reader: &FileReader<'_>,
    word: &OsString,
    outputs: &OutputPatterns,
    hashes: &HashCommands<'_>,
) -> Result<(FileSurvey, FileState), Unreadable> {
    let survey = FileSurvey::of(word, outputs, reader.on_progress)?;
    let state = state(reader, &survey, hashes)?;
    Ok((survey, state))
}

/// The state of a survey, by content. The digest of many files is remembered as one.
fn state(
    reader: &FileReader<'_>,
    survey: &FileSurvey,
    hashes: &HashCommands<'_>,
) -> Result<FileState, Unreadable> {
    if survey.file_count() <= MAX_UNREMEMBERED || hashes.are_for_files() {
        return Ok(read(reader, survey, hashes)?.0);
    }
    let (path, stamp) = (absolute(Path::new(&survey.word)), survey.stamp());
    if let Some(digest) = reader.recall_many(&path, &stamp) {
        return Ok(state_of_many(survey, digest));
    }
    let (state, is_certain) = read(reader, survey, hashes)?;
    match state {
        FileState::Tree(digest) | FileState::Matches { digest, .. } if is_certain => {
            reader.learn(path, stamp, digest);
        }
        _ => {}
    }
    Ok(state)
}

/// Reads the files of a survey. Also tells whether equal stamps mean equal contents.
fn read(
    reader: &FileReader<'_>,
    survey: &FileSurvey,
    hashes: &HashCommands<'_>,
) -> Result<(FileState, bool), Unreadable> {
    let parts: Vec<_> =
        survey.found.iter().map(|(path, found)| (path, found, found.members())).collect();
    let mut files = Vec::new();
    for (path, found, members) in &parts {
        if let SurveyedPath::File(stamp) = found {
            files.push(StampedFile { path: (*path).clone(), stamp: *stamp });
        }
        let below = members.iter().filter_map(|it| Some((path.join(&it.path), it.stamp()?)));
        files.extend(below.map(|(path, stamp)| StampedFile { path, stamp }));
    }
    let contents = reader.contents(&files)?;
    let mut states = files.iter().zip(&contents).map(|(file, content)| match content {
        Some((_, digest)) => hashes.file(&file.path, *digest),
        None => Ok(FileState::Missing),
    });
    let mut next = || states.next().unwrap_or(Ok(FileState::Missing));
    let mut states = Vec::with_capacity(parts.len());
    for (path, found, members) in &parts {
        let state = match found {
            SurveyedPath::Nothing => {
                hashes.note_missing_file(path);
                FileState::Missing
            }
            SurveyedPath::File(_) => next()?,
            SurveyedPath::Directory(_) => FileState::Tree(tree_digest(members, &mut next)?),
        };
        states.push((*path, state));
    }
    let is_certain = files
        .iter()
        .zip(&contents)
        .all(|(file, content)| content.is_some_and(|(when_read, _)| when_read == file.stamp))
        && reader.vouch(files.iter().map(|file| (&*file.path, file.stamp)));
    Ok((combined(survey, states), is_certain))
}

/// The digest of a directory. `next_file` returns the state of each file in turn.
fn tree_digest(
    members: &[TreeMember<'_>],
    next_file: &mut impl FnMut() -> Result<FileState, Unreadable>,
) -> Result<Digest, Unreadable> {
    let mut bytes = Vec::new();
    for member in members {
        let content = member.stamp().map(|_| next_file()).transpose()?;
        member.encode(content.as_ref(), &mut bytes);
    }
    Ok(Digest::of(&bytes))
}

/// The state of the word, given the state of each path.
fn combined(survey: &FileSurvey, mut states: Vec<(&PathBuf, FileState)>) -> FileState {
    if !survey.is_glob
        && let Some((_, state)) = states.pop()
    {
        return state;
    }
    let mut digest = DigestBuilder::default();
    for (path, state) in &states {
        digest.update(&bytes_of(&(survey.counted(path), state)));
    }
    state_of_many(survey, digest.finish())
}

/// The state of a directory or a glob with this digest.
fn state_of_many(survey: &FileSurvey, digest: Digest) -> FileState {
    if survey.is_glob {
        FileState::Matches { count: survey.found.len(), digest }
    } else {
        FileState::Tree(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::files::memory::{DigestMemory, LearnedDigest};
    use crate::key::files::stamp::Stamp;
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

    /// The state of a word, and the digests that are learned.
    fn see(
        word: &Path,
        memory: Option<&dyn DigestMemory>,
        now: Timestamp,
    ) -> (FileState, Vec<LearnedDigest>) {
        let reader = FileReader::new(memory, now, &|| {});
        let hashes = HashCommands::new(&[], &|| {});
        let (_, state) =
            observe(&reader, &word.into(), &OutputPatterns::default(), &hashes).expect("readable");
        (state, reader.finish().learned)
    }

    /// A memory that holds one digest, which may be wrong.
    struct OneDigest(LearnedDigest);

    impl DigestMemory for OneDigest {
        fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
            (path == self.0.path && *stamp == self.0.stamp).then_some(self.0.digest)
        }
    }

    #[test]
    fn a_digest_of_many_files_is_believed_until_anything_changes() {
        let dir = tree(MAX_UNREMEMBERED + 1);
        let glob = dir.path().join("*");
        for word in [dir.path(), &glob] {
            let (state, learned) = see(word, None, LATER);
            let [learned] = learned.try_into().expect("one digest");
            assert_eq!(see(word, Some(&OneDigest(learned.clone())), LATER).0, state);
            let lie = Digest::of(b"a lie");
            let believed =
                see(word, Some(&OneDigest(LearnedDigest { digest: lie, ..learned })), LATER);
            let expected = match state {
                FileState::Tree(_) => FileState::Tree(lie),
                _ => FileState::Matches { count: MAX_UNREMEMBERED + 1, digest: lie },
            };
            assert_eq!(believed.0, expected);
            assert!(believed.1.is_empty(), "nothing new");
        }
    }

    #[test]
    fn few_files_are_simply_read() {
        let dir = tree(MAX_UNREMEMBERED);
        assert!(see(dir.path(), None, LATER).1.is_empty());
    }

    #[test]
    fn files_that_have_just_changed_are_not_remembered() {
        let dir = tree(MAX_UNREMEMBERED + 1);
        let survey = FileSurvey::of(dir.path().as_os_str(), &OutputPatterns::default(), &|| {})
            .expect("there");
        let members = survey.found.iter().flat_map(|(_, found)| found.members());
        let newest = members.filter_map(|it| Some(it.stamp()?.changed)).max().expect("a file");
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
    fn files_that_change_while_they_are_read_are_not_remembered() {
        let dir = tree(MAX_UNREMEMBERED + 1);
        let reader = FileReader::new(None, LATER, &|| {});
        let hashes = HashCommands::new(&[], &|| {});
        let is_certain = |survey: &FileSurvey| read(&reader, survey, &hashes).expect("readable").1;
        let survey = FileSurvey::of(dir.path().as_os_str(), &OutputPatterns::default(), &|| {})
            .expect("there");
        assert!(is_certain(&survey));
        fs::write(dir.path().join("3"), "other").expect("written");
        assert!(!is_certain(&survey));
        fs::remove_file(dir.path().join("3")).expect("removed");
        assert!(!is_certain(&survey));
    }
}
