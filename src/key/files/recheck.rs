//! What was read, looked at again: whether it still is so when the command has ended.

use super::memory::LearnedDigest;
use super::parallel;
use super::regular_file::{FoundContent, read};
use super::stamp::{FileStamp, tells_changes};
use super::survey::Survey;
use crate::key::digest::Digest;
use std::path::{Path, PathBuf};

/// So many files are worth a thread of their own.
const FILES: usize = 64;

/// A file that was digested.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) path: PathBuf,
    pub(crate) found: FoundContent,
    /// Whether the file had been left alone for long enough for its stamp to mean something.
    pub(crate) is_settled: bool,
}

/// The files that went into one key.
#[derive(Debug)]
pub(crate) struct Readings {
    pub(crate) files: Vec<Reading>,
    pub(crate) surveys: Vec<Survey>,
    pub(crate) learned: Vec<LearnedDigest>,
}

impl Readings {
    /// A file that no longer holds what was read, or what is no longer as it was found.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.files, FILES, Reading::still_holds);
        let file = self.files.iter().zip(hold).find(|(_, holds)| !holds);
        let file = file.map(|(reading, _)| reading.path.clone());
        file.or_else(|| self.surveys.iter().find_map(Survey::changed))
    }
}

impl Reading {
    fn still_holds(&self) -> bool {
        let stamp = rustix::fs::stat(&self.path).ok().map(|stat| FileStamp::of(&stat));
        match (stamp, self.found) {
            (None, None) => true,
            (Some(now), Some((stamp, digest))) => {
                now == stamp && is_unchanged(&self.path, &now, self.is_settled, digest)
            }
            _ => false,
        }
    }
}

/// Whether a file under the same stamp as before holds the same: a change within a tick of the clock leaves no other one.
pub(crate) fn is_unchanged(
    path: &Path,
    stamp: &FileStamp,
    is_settled: bool,
    digest: Digest,
) -> bool {
    (is_settled && tells_changes(path, stamp)) || holds(path, digest)
}

/// Whether a file has this content.
pub(crate) fn holds(path: &Path, digest: Digest) -> bool {
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

    fn reading_of(path: &Path) -> Reading {
        let found = read(path, &|| {}).expect("readable");
        Reading { path: path.to_owned(), found, is_settled: false }
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let (_dir, path) = large_file(b'a');
        let reading = reading_of(&path);
        assert!(reading.still_holds());
        std::fs::write(&path, vec![b'b'; LARGE]).expect("written");
        let stamp = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        let same_stamp = Reading { found: reading.found.map(|(_, d)| (stamp, d)), ..reading };
        assert!(!same_stamp.still_holds());
    }

    #[test]
    fn another_stamp_is_another_file_even_if_it_had_settled() {
        let (_dir, path) = large_file(b'a');
        let settled = Reading { is_settled: true, ..reading_of(&path) };
        assert!(settled.still_holds());
        std::fs::write(&path, b"other").expect("written");
        assert!(!settled.still_holds());
        std::fs::remove_file(&path).expect("removed");
        assert!(!settled.still_holds());
    }
}
