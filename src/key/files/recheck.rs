//! Checks after the run whether the files that were read have been touched since. A new stamp counts as a change, even if
//! the content is the same.

use super::memory::LearnedDigest;
use super::regular_file::{FileContent, read};
use super::stamp::{FileStamp, tells_changes};
use crate::key::digest::Digest;
use crate::parallel::{self, FILES_PER_THREAD};
use std::path::{Path, PathBuf};

/// A file that was read.
#[derive(Clone, Debug)]
pub(super) struct ReadFile {
    pub(super) path: PathBuf,
    pub(super) content: FileContent,
    /// Whether the stamp of the file was old enough to be trusted when the file was read.
    pub(super) is_settled: bool,
}

/// The files that were read for one key.
#[derive(Debug)]
pub(crate) struct ReadFiles {
    pub(super) files: Vec<ReadFile>,
    /// Digests that can be remembered: of large files, and of many files as one.
    pub(crate) learned: Vec<LearnedDigest>,
}

impl ReadFiles {
    /// The first file that was changed, replaced or touched since it was read.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.files, FILES_PER_THREAD, ReadFile::still_holds);
        let changed = self.files.iter().zip(hold).find(|(_, holds)| !holds);
        changed.map(|(file, _)| file.path.clone())
    }
}

impl ReadFile {
    fn still_holds(&self) -> bool {
        let stamp = rustix::fs::stat(&self.path).ok().map(|stat| FileStamp::of(&stat));
        match (stamp, self.content) {
            (None, None) => true,
            (Some(now), Some((stamp, digest))) => {
                now == stamp && is_unchanged(&self.path, &now, self.is_settled, digest)
            }
            _ => false,
        }
    }
}

/// Whether a file with the same stamp as before has the same content. Two changes within a tick of the clock leave one
/// stamp.
pub(super) fn is_unchanged(
    path: &Path,
    stamp: &FileStamp,
    is_settled: bool,
    digest: Digest,
) -> bool {
    (is_settled && tells_changes(path, stamp)) || holds(path, digest)
}

/// Whether a file has this content.
pub(super) fn holds(path: &Path, digest: Digest) -> bool {
    read(path, &|| {}).is_ok_and(|now| now.is_some_and(|(_, now)| now == digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = (32 << 10) + 1;

    fn large_file(byte: u8) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("large");
        std::fs::write(&path, vec![byte; LARGE]).expect("written");
        (dir, path)
    }

    fn read_file(path: &Path) -> ReadFile {
        let content = read(path, &|| {}).expect("readable");
        ReadFile { path: path.to_owned(), content, is_settled: false }
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let (_dir, path) = large_file(b'a');
        let file = read_file(&path);
        assert!(file.still_holds());
        std::fs::write(&path, vec![b'b'; LARGE]).expect("written");
        let stamp = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        let same_stamp = ReadFile { content: file.content.map(|(_, it)| (stamp, it)), ..file };
        assert!(!same_stamp.still_holds());
    }

    #[test]
    fn another_stamp_is_another_file_even_if_it_had_settled() {
        let (_dir, path) = large_file(b'a');
        let settled = ReadFile { is_settled: true, ..read_file(&path) };
        assert!(settled.still_holds());
        std::fs::write(&path, b"other").expect("written");
        assert!(!settled.still_holds());
        std::fs::remove_file(&path).expect("removed");
        assert!(!settled.still_holds());
    }
}
