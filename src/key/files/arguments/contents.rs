//! The contents of the files among the arguments.

use super::file_arguments::{FileArguments, MAX_SINGLE};
use super::look::PathKind;
use super::named_path::NamedPath;
use crate::hex::Hex;
use crate::key::digest::{Digest, DigestBuilder};
use crate::key::encoding::{Encode, Encoder, bytes_of};
use crate::key::error::Unreadable;
use crate::key::files::reading::{FileReader, OpenedFile, PendingContent};
use crate::key::files::stamp::{FileStamp, Stamp};
use crate::key::fingerprint::{FileArgument, FileState};
use crate::key::hash_with::HashCommands;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// File arguments, of which large ones may still have to be read.
#[derive(Default)]
pub(crate) struct OpenedArguments {
    seen: BTreeMap<OsString, FileArgument>,
    /// Each with its index among the named paths.
    pending: Vec<(usize, OpenedFile)>,
}

impl OpenedArguments {
    /// The contents that [`FileReader::resolve`] has to complete, in order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = PendingContent> {
        self.pending.iter().map(|(_, file)| file.content.clone())
    }
}

impl FileArguments {
    /// Opens the files if they are few, so that each counts by itself; reads them all if they are many.
    ///
    /// # Errors
    /// A file that is too large to be read, and that its stamp cannot stand for.
    pub(crate) fn open(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &HashCommands<'_>,
    ) -> Result<OpenedArguments, Unreadable> {
        let mut opened = OpenedArguments::default();
        if self.named.iter().filter(|named| named.counts()).count() > MAX_SINGLE {
            let argument = FileArgument::new(self.read_many(reader, hashes)?);
            opened.seen.insert(OsString::new(), argument);
            return Ok(opened);
        }
        let open = |path: &Path| reader.open(path);
        let states = self.states(reader, open, |index, _, file| {
            opened.pending.push((index, file));
            Ok(None)
        })?;
        let argument = |(path, state): (PathBuf, _)| (path.into(), FileArgument::new(state));
        opened.seen.extend(states.into_iter().map(argument));
        Ok(opened)
    }

    /// The states of the paths. Those that are to be read are opened or read by `read`; `accept` takes the result,
    /// and gives the state if it is known already.
    fn states<T>(
        &mut self,
        reader: &FileReader<'_>,
        mut read: impl FnMut(&Path) -> Result<Option<T>, Unreadable>,
        mut accept: impl FnMut(usize, &mut NamedPath, T) -> Result<Option<FileState>, Unreadable>,
    ) -> Result<Vec<(PathBuf, FileState)>, Unreadable> {
        let total = self.total_size();
        let mut states = Vec::new();
        for (index, named) in self.named.iter_mut().enumerate() {
            let state = if named.to_read(total).is_none() {
                named.unread_state(reader)?
            } else {
                match read(&named.path) {
                    Ok(Some(it)) => accept(index, named, it)?,
                    Ok(None) => {
                        named.note_absence();
                        None
                    }
                    Err(fault) => Some(named.note_closed(fault)),
                }
            };
            states.extend(state.map(|state| (named.path.clone(), state)));
        }
        Ok(states)
    }

    /// The files that were opened, given their contents.
    pub(crate) fn complete(
        &mut self,
        opened: OpenedArguments,
        reader: &FileReader<'_>,
        contents: impl Iterator<Item = (FileStamp, Digest)>,
        hashes: &HashCommands<'_>,
    ) -> Result<BTreeMap<OsString, FileArgument>, Unreadable> {
        let OpenedArguments { mut seen, pending } = opened;
        for ((index, OpenedFile { real, mode, .. }), (stamp, digest)) in
            pending.into_iter().zip(contents)
        {
            let named = &mut self.named[index];
            named.note_content(reader, stamp, digest);
            let state = hashes.file(&named.path, digest)?;
            let argument = FileArgument { state, real: Some(real), mode };
            seen.insert(named.path.clone().into(), argument);
        }
        Ok(seen)
    }

    /// Many files and directories as one, whose digest is remembered.
    fn read_many(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &HashCommands<'_>,
    ) -> Result<FileState, Unreadable> {
        let count = self.named.iter().filter(|named| named.counts()).count();
        let (path, stamp) = self.identity();
        let is_remembered = !hashes.are_for_files();
        if is_remembered && let Some(digest) = reader.recall_many(&path, &stamp) {
            return Ok(FileState::Matches { count, digest });
        }
        let total = self.total_size();
        let files: Vec<_> = self.named.iter().filter_map(|named| named.to_read(total)).collect();
        let fetched = reader.fetch(&files);
        let contents: Vec<_> =
            fetched.iter().map(|content| content.as_ref().ok().copied().flatten()).collect();
        let is_certain = files.len() == self.named.iter().filter_map(NamedPath::stamp).count()
            && reader.is_certain(&files, &contents);
        let mut fetched = fetched.into_iter();
        let next = |_: &Path| fetched.next().unwrap_or(Ok(None));
        let states = self.states(reader, next, |_, named, (stamp, digest)| {
            named.note_content(reader, stamp, digest);
            hashes.file(&named.path, digest).map(Some)
        })?;
        let mut digest = DigestBuilder::default();
        for state in &states {
            digest.update(&bytes_of(state));
        }
        let digest = digest.finish();
        if is_remembered && is_certain {
            reader.memory.learn(path, stamp, digest);
        }
        Ok(FileState::Matches { count, digest })
    }

    /// The size of all files together.
    fn total_size(&self) -> u64 {
        self.named.iter().filter_map(NamedPath::stamp).map(|stamp| stamp.size).sum()
    }

    /// The path and the stamp under which the digest of all is remembered: made of all names, and of these and all
    /// stamps.
    fn identity(&self) -> (PathBuf, Stamp) {
        let (mut names, mut stamps) = (Encoder::default(), Encoder::default());
        for named in self.named.iter().filter(|named| named.counts()) {
            named.path.encode(&mut names);
            (named.kind == PathKind::Directory).encode(&mut names);
            if let Some(stamp) = named.stamp() {
                stamp.encode(&mut stamps);
            }
        }
        let names = Digest::of(&names.finish());
        stamps.fixed(names.as_bytes());
        let path = PathBuf::from(format!("arguments {}", Hex(&names.as_bytes()[..8])));
        (path, Stamp::of_many(Digest::of(&stamps.finish())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::files::reading::HUGE;
    use crate::time::Timestamp;
    use std::fs;

    const LATER: Timestamp = Timestamp::from_millis(i64::MAX / 2);

    /// The state of an argument, and the survey that it comes from.
    fn see(path: &Path, now: Timestamp) -> (FileState, FileArguments) {
        let reader = FileReader::new(None, now, &|| {});
        let hashes = HashCommands::new(&[], &|| {});
        let mut arguments = FileArguments::survey(&[path.as_os_str()]).expect("looked at");
        let opened = arguments.open(&reader, &hashes).expect("opened");
        let held = reader.resolve(opened.pending().collect()).expect("read").into_iter();
        let mut seen = arguments.complete(opened, &reader, held, &hashes).expect("complete");
        let argument = seen.remove(path.as_os_str()).expect("a file");
        (argument.state, arguments)
    }

    #[test]
    fn a_huge_file_counts_by_its_stamp() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("huge");
        let huge = fs::File::create(&path).expect("made");
        huge.set_len(HUGE + 1).expect("grown");
        let (first, arguments) = see(&path, LATER);
        assert!(matches!(first, FileState::Stamped(_)));
        assert_eq!(see(&path, LATER).0, first);
        assert_eq!(arguments.changed(), None);
        huge.set_len(HUGE + 2).expect("grown");
        assert_ne!(see(&path, LATER).0, first);
        assert_eq!(arguments.changed(), Some(path));
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        fs::write(&path, "one").expect("written");
        let (_, mut arguments) = see(&path, Timestamp::now());
        assert_eq!(arguments.changed(), None);
        fs::write(&path, "two").expect("written");
        // As where both were within a step of the clock.
        let now = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        for named in &mut arguments.named {
            named.kind = PathKind::File { stamp: now, is_executable: false };
        }
        assert_eq!(arguments.changed(), Some(path));
    }
}
