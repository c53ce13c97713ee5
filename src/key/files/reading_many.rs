//! Reading many files at once.
//!
//! A digest of all of them can be remembered under all their stamps, so that a later call need not open them.

use super::path::absolute;
use super::reading::{FileReader, SMALL};
use super::regular_file::{FileContent, open, read};
use super::stamp::{Devices, FileStamp, Stamp};
use crate::key::digest::Digest;
use crate::key::error::Unreadable;
use crate::parallel::{self, FILES_PER_THREAD};
use std::path::{Path, PathBuf};

/// A file whose stamp is known, and which is not read yet.
pub(super) struct StampedFile {
    pub(super) path: PathBuf,
    pub(super) stamp: FileStamp,
}

impl FileReader<'_> {
    /// Recalls the digest of many files as one. Releases the read lock, since other files may still have to be read.
    pub(super) fn recall_many(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let recalled = self.recall(path, stamp);
        self.release_read_lock();
        recalled
    }

    /// Returns the contents of files, and notes those that may change without a new stamp. The others need no note,
    /// because the survey of the stamps is repeated after the run.
    pub(super) fn contents(&self, files: &[StampedFile]) -> Result<Vec<FileContent>, Unreadable> {
        let contents = self.fetch(files)?;
        let mut devices = Devices::default();
        for (StampedFile { path, .. }, content) in files.iter().zip(&contents) {
            let shows_changes = content.is_some_and(|(stamp, _)| {
                self.is_settled(&stamp) && devices.tell_changes(path, &stamp)
            });
            if !shows_changes {
                self.note(path.clone(), *content);
            }
        }
        Ok(contents)
    }

    /// The contents of files: remembered, or read now.
    fn fetch(&self, files: &[StampedFile]) -> Result<Vec<FileContent>, Unreadable> {
        let recalled = self.recall_large(files);
        let on_progress = self.on_progress;
        let work: Vec<_> = files.iter().zip(recalled).collect();
        let contents = parallel::map(&work, FILES_PER_THREAD, |(file, recalled)| match recalled {
            Some(_) => Ok(*recalled),
            None => read(&file.path, on_progress),
        });
        let contents = contents.into_iter().collect::<Result<Vec<_>, _>>()?;
        for ((file, recalled), content) in work.into_iter().zip(&contents) {
            if let (None, Some((stamp, digest))) = (recalled, content) {
                self.learn_large(&absolute(&file.path), stamp, *digest);
            }
        }
        Ok(contents)
    }

    /// Recalls the contents of large files, by the stamps that they have when they are opened. On a network file system
    /// these are more up to date than the stamps of the survey.
    fn recall_large(&self, files: &[StampedFile]) -> Vec<FileContent> {
        let stamp = |file: &StampedFile| {
            let opened = if file.stamp.size > SMALL { open(&file.path).ok()? } else { None };
            opened.map(|(_, stat)| FileStamp::of(&stat))
        };
        let stamps: Vec<_> = files.iter().map(stamp).collect();
        let recall = |(file, stamp): (&StampedFile, &Option<FileStamp>)| {
            let stamp = (*stamp)?;
            Some((stamp, self.recall(&absolute(&file.path), &(&stamp).into())?))
        };
        let recalled = files.iter().zip(&stamps).map(recall).collect();
        if stamps.iter().any(Option::is_some) {
            self.release_read_lock();
        }
        recalled
    }

    /// Whether equal stamps of these files mean equal contents.
    pub(super) fn vouch<'f>(&self, files: impl IntoIterator<Item = (&'f Path, FileStamp)>) -> bool {
        let mut devices = Devices::default();
        files
            .into_iter()
            .all(|(path, stamp)| stamp.vouches(self.now) && devices.keep_times(path, &stamp))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn stamps_vouch_only_where_every_change_leaves_a_time() {
        let now = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
        let reader = FileReader::new(None, now, &|| {});
        let is_certain = |path: &Path| {
            let content = read(path, &|| {}).expect("readable");
            let (stamp, _) = content.expect("there");
            reader.vouch([(path, stamp)])
        };
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path();
        assert!(is_certain(path), "{} has to be on a disk of this machine", path.display());
        assert!(!is_certain(Path::new("/proc/self/limits")));
    }

    #[test]
    fn files_that_change_without_a_time_are_read_again() {
        // The name of this thread.
        let path = Path::new("/proc/thread-self/comm");
        let later = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
        let stamp = || FileStamp::of(&rustix::fs::stat(path).expect("there"));
        for is_surveyed in [false, true] {
            std::fs::write(path, "one").expect("written");
            let reader = FileReader::new(None, later, &|| {});
            if is_surveyed {
                let file = StampedFile { path: path.into(), stamp: stamp() };
                reader.contents(&[file]).expect("readable");
            } else {
                reader.note(path.into(), read(path, &|| {}).expect("readable"));
            }
            std::fs::write(path, "two").expect("written");
            assert_eq!(reader.finish().changed().as_deref(), Some(path));
        }
    }
}
