//! Files that are read for one key.
//!
//! Few small files are simply read. The digest of a large one is remembered under its path and stamp,
//! and that of many files at once under the stamps of all, which spares opening them. Both are
//! believed only when the files had stopped changing well before they were read: see `key::stamp`.

use super::memory::{DigestMemory, LearnedDigest};
use super::parallel;
use super::path::{absolute, canonical};
use super::recheck::{Reading, Readings};
use super::regular_file::{FoundContent, open, open_with, read, regular};
use super::stamp::{Devices, FileStamp, Stamp, tells_changes};
use super::survey::{Survey, Surveyed};
use crate::key::digest::{Digest, OnProgress};
use crate::key::error::Unreadable;
use crate::key::fingerprint::ExecMode;
use crate::time::Timestamp;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file that was opened for its content.
pub(crate) struct Opened {
    /// The content, which [`FileReader::resolve`] completes.
    pub(crate) content: Pending,
    /// Its first bytes, enough for a `#!` line.
    pub(crate) head: Vec<u8>,
    /// Its path without links.
    pub(crate) real: PathBuf,
    /// What executing it may change.
    pub(crate) mode: ExecMode,
}

/// The content of a file that was opened, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    path: PathBuf,
    stamp: FileStamp,
    /// `None` for a large file, whose digest may be remembered.
    digest: Option<Digest>,
}

/// The kernel reads no more of a `#!` line.
const HEAD: u64 = 256;

/// Files up to this size are read again every time: that costs no more than looking them up.
pub(crate) const SMALL: u64 = 32 << 10;

/// Files above this size are not read for the key unless the user named them or they run: their stamp counts.
pub const HUGE: u64 = 64 << 20;

/// So many files are worth a thread of their own.
const FILES: usize = 64;

/// Reads files for one key, and can tell afterwards whether they are still the same.
pub(crate) struct FileReader<'m> {
    memory: Option<&'m dyn DigestMemory>,
    /// When it began, in nanoseconds since the epoch.
    now: i128,
    /// Called now and then while files are read.
    on_progress: OnProgress<'m>,
    readings: RefCell<Vec<Reading>>,
    surveys: RefCell<Vec<Survey>>,
    learned: RefCell<Vec<LearnedDigest>>,
    /// Directories with their paths without links: many files are in few.
    real_directories: RefCell<HashMap<PathBuf, PathBuf>>,
}

impl<'m> FileReader<'m> {
    /// A reader that begins at `now`.
    pub(crate) fn new(
        memory: Option<&'m dyn DigestMemory>,
        now: Timestamp,
        on_progress: OnProgress<'m>,
    ) -> Self {
        Self {
            memory,
            now: i128::from(now.as_millis()) * 1_000_000,
            on_progress,
            readings: RefCell::default(),
            surveys: RefCell::default(),
            learned: RefCell::default(),
            real_directories: RefCell::default(),
        }
    }

    /// What there was counts as well, whatever it held.
    pub(crate) fn note_survey(&self, survey: Survey) {
        self.surveys.borrow_mut().push(survey);
    }

    /// The remembered digest of one file or of many, of which more may still have to be read: nobody has to
    /// wait for that.
    pub(crate) fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        let memory = self.memory?;
        let recalled = memory.recall(path, stamp);
        memory.rest();
        recalled
    }

    pub(crate) fn on_progress(&self) -> OnProgress<'m> {
        self.on_progress
    }

    /// Unlocks the memory, since something slow is about to come.
    pub(crate) fn rest(&self) {
        if let Some(memory) = self.memory {
            memory.rest();
        }
    }

    pub(crate) fn learn(&self, path: PathBuf, stamp: Stamp, digest: Digest) {
        self.learned.borrow_mut().push(LearnedDigest { path, stamp, digest });
    }

    /// Opens a file; `None` when there is no such file. A small one is read.
    pub(crate) fn open(&self, path: &Path) -> Result<Option<Opened>, Unreadable> {
        (self.on_progress)();
        let (opened, is_link) = match open_with(path, OFlags::NOFOLLOW) {
            Err(Errno::LOOP) => (open(path)?, true),
            opened => (regular(path, opened)?, false),
        };
        let Some((mut file, stat)) = opened else { return Ok(None) };
        let unreadable = |error| Unreadable::new(path, error);
        let stamp = FileStamp::of(&stat);
        let is_small = stamp.size <= SMALL;
        // One byte more, to see that there is no more; and some files tell less than they hold.
        let wanted = if is_small { stamp.size + 1 } else { HEAD };
        let mut head = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
        (&mut file).take(wanted).read_to_end(&mut head).map_err(unreadable)?;
        let digest = match head.len() as u64 {
            _ if !is_small => None,
            length if length < wanted => Some(Digest::of(&head)),
            length => {
                let whole = Digest::of_length(length, head.as_slice().chain(&file));
                Some(whole.map_err(unreadable)?)
            }
        };
        let mode = ExecMode::of(&file, &stat, &head);
        let real = if is_link { canonical(path) } else { self.real_path(path) };
        head.truncate(usize::try_from(HEAD).unwrap_or_default());
        let content = Pending { path: absolute(path), stamp, digest };
        Ok(Some(Opened { content, head, real, mode }))
    }

    /// The path without links of what is no link itself.
    fn real_path(&self, path: &Path) -> PathBuf {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return canonical(path);
        };
        let mut known = self.real_directories.borrow_mut();
        let real = known.entry(parent.to_owned()).or_insert_with(|| {
            canonical(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        });
        real.join(name)
    }

    /// What the files held that were opened. Afterwards the memory is locked if all large ones were remembered, so that a
    /// look-up can follow in the same transaction.
    pub(crate) fn resolve(
        &self,
        mut opened: Vec<Pending>,
    ) -> Result<Vec<(FileStamp, Digest)>, Unreadable> {
        if let Some(memory) = self.memory {
            for Pending { path, stamp, digest } in &mut opened {
                *digest = digest.or_else(|| memory.recall(path, &(&*stamp).into()));
            }
            if opened.iter().any(|pending| pending.digest.is_none()) {
                memory.rest();
            }
        }
        let complete = |Pending { path, stamp, digest }| match digest {
            Some(digest) => Ok((stamp, digest)),
            None => self.read_large(&path),
        };
        opened.into_iter().map(complete).collect()
    }

    fn read_large(&self, path: &Path) -> Result<(FileStamp, Digest), Unreadable> {
        let found = read(path, self.on_progress)?;
        let removed = || Unreadable::new(path, "it was removed while it was looked at");
        let (stamp, digest) = found.ok_or_else(removed)?;
        self.learn_large(path, &stamp, digest);
        Ok((stamp, digest))
    }

    /// What files hold that were surveyed. Those that their stamps cannot vouch for are compared again later.
    pub(crate) fn contents(&self, files: &[Surveyed]) -> Result<Vec<FoundContent>, Unreadable> {
        let found = self.fetch(files).into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut devices = Devices::default();
        for (file, found) in files.iter().zip(&found) {
            // The survey vouches for the rest.
            let is_told = found.is_some_and(|(stamp, _)| {
                stamp.is_settled(self.now) && devices.tell_changes(&file.path, &stamp)
            });
            if !is_told {
                self.note(file.path.clone(), *found);
            }
        }
        Ok(found)
    }

    /// What files hold that were surveyed: remembered, or read now.
    pub(crate) fn fetch(&self, files: &[Surveyed]) -> Vec<Result<FoundContent, Unreadable>> {
        let recalled = self.recall_surveyed(files);
        let on_progress = self.on_progress;
        let work: Vec<_> = files.iter().zip(recalled).collect();
        let found = parallel::map(&work, FILES, |(file, recalled)| match recalled {
            Some(_) => Ok(*recalled),
            None => read(&file.path, on_progress),
        });
        for ((file, recalled), found) in work.into_iter().zip(&found) {
            if let (None, Ok(Some((stamp, digest)))) = (recalled, found) {
                self.learn_large(&absolute(&file.path), stamp, *digest);
            }
        }
        found
    }

    /// Whether a file with this stamp had been left alone for long enough.
    pub(crate) fn is_settled(&self, stamp: &FileStamp) -> bool {
        stamp.is_settled(self.now)
    }

    /// Whether the stamp of this file can stand for its content.
    pub(crate) fn trusts(&self, path: &Path, stamp: &FileStamp) -> bool {
        stamp.is_settled(self.now) && tells_changes(path, stamp)
    }

    /// Whether equal stamps of these files mean equal contents: those that were found in them.
    pub(crate) fn is_certain(&self, files: &[Surveyed], found: &[FoundContent]) -> bool {
        let mut devices = Devices::default();
        files.iter().zip(found).all(|(Surveyed { path, stamp }, found)| {
            found.is_some_and(|(when_read, _)| when_read == *stamp)
                && stamp.vouches(self.now)
                && devices.keep_times(path, stamp)
        })
    }

    /// Notes what counts in the key: if that changes while the command runs, the result is not stored.
    pub(crate) fn note(&self, path: PathBuf, found: FoundContent) {
        let is_settled = found.is_none_or(|(stamp, _)| stamp.is_settled(self.now));
        self.readings.borrow_mut().push(Reading { path, found, is_settled });
    }

    /// What large files held, by the stamps that they have when they are opened: over a network these are truer
    /// than what the survey was told.
    fn recall_surveyed(&self, files: &[Surveyed]) -> Vec<FoundContent> {
        let stamp = |file: &Surveyed| {
            let opened = if file.stamp.size > SMALL { open(&file.path).ok()? } else { None };
            opened.map(|(_, stat)| FileStamp::of(&stat))
        };
        let stamps: Vec<_> = files.iter().map(stamp).collect();
        let recall = |(file, stamp): (&Surveyed, &Option<FileStamp>)| {
            let (memory, stamp) = (self.memory?, (*stamp)?);
            let digest = memory.recall(&absolute(&file.path), &(&stamp).into())?;
            Some((stamp, digest))
        };
        let recalled = files.iter().zip(&stamps).map(recall).collect();
        if let Some(memory) = self.memory
            && stamps.iter().any(Option::is_some)
        {
            memory.rest();
        }
        recalled
    }

    fn learn_large(&self, path: &Path, stamp: &FileStamp, digest: Digest) {
        if stamp.size > SMALL && self.trusts(path, stamp) {
            self.learn(path.to_owned(), stamp.into(), digest);
        }
    }

    /// What was read, without the memory.
    pub(crate) fn finish(self) -> Readings {
        Readings {
            files: self.readings.into_inner(),
            surveys: self.surveys.into_inner(),
            learned: self.learned.into_inner(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = (32 << 10) + 1;

    /// A memory that holds one digest, true or not.
    struct Remembers(FileStamp, Digest);

    impl DigestMemory for Remembers {
        fn recall(&self, _: &Path, stamp: &Stamp) -> Option<Digest> {
            (*stamp == Stamp::from(&self.0)).then_some(self.1)
        }
    }

    fn reader(memory: Option<&dyn DigestMemory>) -> FileReader<'_> {
        FileReader::new(memory, Timestamp::now(), &|| {})
    }

    fn digest(memory: Option<&dyn DigestMemory>, path: &Path) -> Option<Digest> {
        let reader = reader(memory);
        let opened = reader.open(path).expect("readable")?;
        let found = reader.resolve(vec![opened.content]).expect("readable");
        found.first().map(|(_, digest)| *digest)
    }

    fn large_file(byte: u8) -> (tempfile::TempDir, PathBuf, FileStamp) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("large");
        std::fs::write(&path, vec![byte; LARGE]).expect("written");
        let stamp = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        (dir, path, stamp)
    }

    #[test]
    fn a_remembered_digest_is_used_for_the_same_stamp_only() {
        let (_dir, path, stamp) = large_file(b'a');
        let lie = Digest::of(b"remembered");
        let memory = Remembers(stamp, lie);
        assert_eq!(digest(Some(&memory), &path), Some(lie));
        let other = Remembers(FileStamp { changed: stamp.changed - 1, ..stamp }, lie);
        assert_eq!(digest(Some(&other), &path), Some(Digest::of(&vec![b'a'; LARGE])));
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_remembered() {
        let (_dir, path, stamp) = large_file(b'a');
        let learned = |now| {
            let reader = FileReader::new(None, Timestamp::from_millis(now), &|| {});
            let opened = reader.open(&path).expect("read").expect("there");
            reader.resolve(vec![opened.content]).expect("read");
            reader.finish().learned.len()
        };
        let changed = i64::try_from(stamp.changed / 1_000_000).expect("milliseconds");
        assert_eq!(learned(changed), 0);
        assert_eq!(learned(changed + 1000), 0);
        assert_eq!(learned(changed + 2001), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn stamps_mean_nothing_where_changes_leave_no_time() {
        let now = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
        let reader = FileReader::new(None, now, &|| {});
        let is_certain = |path: &Path| {
            let (stamp, digest) = read(path, &|| {}).expect("readable").expect("there");
            reader
                .is_certain(&[Surveyed { path: path.to_owned(), stamp }], &[Some((stamp, digest))])
        };
        let (_dir, path, _) = large_file(b'a');
        assert!(is_certain(&path), "is {} on a disk of this machine?", path.display());
        assert!(!is_certain(Path::new("/proc/self/limits")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_changes_without_a_time_is_read_again() {
        // The name of this thread.
        let path = Path::new("/proc/thread-self/comm");
        let later = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
        let stamp = || FileStamp::of(&rustix::fs::stat(path).expect("there"));
        for is_surveyed in [false, true] {
            std::fs::write(path, "one").expect("written");
            let reader = FileReader::new(None, later, &|| {});
            if is_surveyed {
                let file = Surveyed { path: path.into(), stamp: stamp() };
                reader.contents(&[file]).expect("readable");
            } else {
                reader.note(path.into(), read(path, &|| {}).expect("readable"));
            }
            std::fs::write(path, "two").expect("written");
            assert_eq!(reader.finish().changed().as_deref(), Some(path));
        }
    }

    #[test]
    fn what_is_no_regular_file_cannot_be_keyed() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = read(dir.path(), &|| {}).expect_err("a directory");
        assert!(error.to_string().contains("not a regular file"), "{error}");
        assert_eq!(digest(None, &dir.path().join("gone")), None);
    }
}
