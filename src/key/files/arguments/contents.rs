//! The contents of the files among the arguments.

use super::file_arguments::{FileArguments, MAX_SINGLE};
use super::look::PathKind;
use super::named_path::{NamedPath, OpenedArgument};
use crate::hex::Hex;
use crate::key::digest::{Digest, DigestBuilder};
use crate::key::encoding::{Encode, bytes_of};
use crate::key::error::Unreadable;
use crate::key::files::reading::{FileReader, OpenedFile};
use crate::key::files::stamp::{FileStamp, Stamp};
use crate::key::fingerprint::{FileArgument, FileState};
use crate::key::hash_with::HashCommands;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// File arguments. Large ones may still have to be read.
pub(crate) struct OpenedArguments {
    /// Each opened argument with its index among the named paths.
    opened: Vec<(usize, OpenedArgument)>,
    /// The number of arguments that count by more than their names.
    count: usize,
    /// The path and the stamp of all arguments together, if there are more than [`MAX_SINGLE`] and they count as one.
    many: Option<(PathBuf, Stamp)>,
    /// The digest that is remembered for all of them.
    remembered: Option<Digest>,
}

impl FileArguments {
    /// Opens the files, unless there are many and their digest is remembered.
    ///
    /// # Errors
    /// When a file is too large to be read, and its stamp cannot stand for its content.
    pub(crate) fn open(
        &mut self,
        reader: &FileReader<'_>,
        hashes: &HashCommands<'_>,
    ) -> Result<OpenedArguments, Unreadable> {
        let count = self.named.iter().filter(|named| named.counts()).count();
        let many = (count > MAX_SINGLE).then(|| self.identity());
        let known = many.as_ref().filter(|_| !hashes.are_for_files());
        let remembered = known.and_then(|(path, stamp)| reader.recall_many(path, stamp));
        let mut opened = Vec::new();
        if remembered.is_none() {
            let sizes = self.named.iter().filter_map(NamedPath::stamp).map(|stamp| stamp.size);
            let total = sizes.sum();
            let to_read = self.named.iter().filter(|named| named.is_to_be_read(total));
            let paths: Vec<_> = to_read.map(|named| named.path.clone()).collect();
            let mut files = reader.open_all(&paths);
            for (index, named) in self.named.iter_mut().enumerate() {
                let argument = named.open(reader, total, || files.next().unwrap_or(Ok(None)))?;
                opened.extend(argument.map(|argument| (index, argument)));
            }
        }
        Ok(OpenedArguments { opened, count, many, remembered })
    }

    /// The arguments as they count, given the contents of all files that the reader opened.
    pub(crate) fn complete(
        &mut self,
        OpenedArguments { opened, count, many, remembered }: OpenedArguments,
        reader: &FileReader<'_>,
        contents: &[(FileStamp, Digest)],
        hashes: &HashCommands<'_>,
    ) -> Result<BTreeMap<OsString, FileArgument>, Unreadable> {
        let mut seen = Vec::with_capacity(opened.len());
        for (index, argument) in opened {
            let named = &mut self.named[index];
            let argument = match argument {
                OpenedArgument::Known(state) => FileArgument::new(state),
                OpenedArgument::File(OpenedFile { content, real, mode, .. }) => {
                    let (stamp, digest) = contents[content];
                    named.note_content(reader, stamp, digest);
                    let state = hashes.file(&named.path, digest)?;
                    FileArgument { state, real: Some(real), mode }
                }
            };
            seen.push((named.path.clone().into_os_string(), argument));
        }
        let Some((path, stamp)) = many else { return Ok(seen.into_iter().collect()) };
        let digest = remembered.unwrap_or_else(|| {
            let directory = std::env::current_dir().unwrap_or_default();
            let mut digest = DigestBuilder::default();
            for (path, mut argument) in seen {
                argument.real = argument.real.map(|real| seen_from(&directory, &real));
                digest.update(&bytes_of(&(path, argument)));
            }
            let digest = digest.finish();
            if !hashes.are_for_files() && self.are_as_surveyed(reader, &stamp) {
                reader.learn(path, stamp, digest);
            }
            digest
        });
        let of_all = FileArgument::new(FileState::Matches { count, digest });
        Ok([(OsString::new(), of_all)].into())
    }

    /// Whether all files were read as the survey found them, and equal stamps of them mean equal contents.
    fn are_as_surveyed(&self, reader: &FileReader<'_>, stamp: &Stamp) -> bool {
        let files = self.named.iter().filter_map(|named| Some((named, named.stamp()?)));
        files.clone().all(|(named, _)| named.digest.is_some())
            && self.identity().1 == *stamp
            && reader.vouch(files.map(|(named, stamp)| (&*named.path, stamp)))
    }

    /// The path and the stamp under which the digest of all arguments is remembered. The path is made of all names, the
    /// stamp of all names and stamps.
    fn identity(&self) -> (PathBuf, Stamp) {
        let (mut names, mut stamps) = (Vec::new(), Vec::new());
        for named in self.named.iter().filter(|named| named.counts()) {
            named.path.encode(&mut names);
            (named.kind == PathKind::Directory).encode(&mut names);
            if let Some(stamp) = named.stamp() {
                stamp.encode(&mut stamps);
            }
        }
        let names = Digest::of(&names);
        stamps.extend_from_slice(names.as_bytes());
        let path = PathBuf::from(format!("file arguments {}", Hex(&names.as_bytes()[..8])));
        (path, Stamp::of_many(Digest::of(&stamps)))
    }
}

/// The path from a directory to a file, which is the same in each checkout of a project. It stays absolute if the two
/// have only the root in common.
fn seen_from(directory: &Path, file: &Path) -> PathBuf {
    let above = directory.ancestors().enumerate().filter(|(_, above)| above.parent().is_some());
    let mut common = above.filter_map(|(up, above)| Some((up, file.strip_prefix(above).ok()?)));
    let relative =
        common.next().map(|(up, rest)| ["../".repeat(up).as_ref(), rest].iter().collect());
    relative.unwrap_or_else(|| file.to_owned())
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
        let contents = reader.resolve().expect("read");
        let mut seen = arguments.complete(opened, &reader, &contents, &hashes).expect("complete");
        let argument = seen.remove(path.as_os_str()).expect("a file");
        (argument.state, arguments)
    }

    #[test]
    fn paths_are_seen_from_a_directory() {
        for (file, expected) in [
            ("/home/p/in/x", "x"),
            ("/home/p/in/d/x", "d/x"),
            ("/home/p/input/x", "../input/x"),
            ("/home/x", "../../x"),
            ("/usr/x", "/usr/x"),
        ] {
            assert_eq!(seen_from(Path::new("/home/p/in"), Path::new(file)), Path::new(expected));
        }
        assert_eq!(seen_from(Path::new("/"), Path::new("/x")), Path::new("/x"));
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
        // Like a change within the same tick of the clock.
        let now = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        for named in &mut arguments.named {
            named.kind = PathKind::File { stamp: now, is_executable: false };
        }
        assert_eq!(arguments.changed(), Some(path));
    }
}
