//! Files that are read for one key.
//!
//! Few small files are simply read. The digest of a large one is remembered under its path and stamp,
//! and that of many files at once under the stamps of all, which spares opening them. Both are
//! believed only when the files had stopped changing well before they were read: see `key::stamp`.

use super::digest::Digest;
use super::parallel;
use super::program::absolute;
use super::stamp::{Devices, FileStamp, Stamp, tells_changes};
use super::survey::{Survey, Surveyed};
use crate::time::Timestamp;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where digests of large files, and of many files at once, are remembered between calls.
pub trait DigestMemory {
    /// The digest that was learned for this path under exactly this stamp.
    fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest>;

    /// Something slow is about to come; nobody should have to wait for this memory meanwhile.
    fn rest(&self) {}
}

/// A digest worth remembering.
#[derive(Clone, Debug)]
pub struct LearnedDigest {
    /// The file, or what many of them are named by.
    pub path: PathBuf,
    /// Its stamp when it was read.
    pub stamp: Stamp,
    /// What was read.
    pub digest: Digest,
}

/// A file that counts in the key and cannot be read: nothing is known of what it holds.
#[derive(Debug, thiserror::Error)]
#[error("cannot key {}: {reason}", crate::terminal::escape_os(path.as_os_str()))]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub reason: String,
}

impl Unreadable {
    pub(super) fn new(path: &Path, reason: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// What a file held, and its stamp then; `None` when there was no such file.
pub(super) type Found = Option<(FileStamp, Digest)>;

/// A file that was digested, and when that can be believed again.
#[derive(Clone, Debug)]
struct Reading {
    path: PathBuf,
    found: Found,
    /// Whether an equal stamp means equal content.
    settled: bool,
}

/// What a file holds.
pub(super) struct FileContent {
    pub(super) digest: Digest,
    /// Its first bytes, enough for a `#!` line.
    pub(super) head: Vec<u8>,
}

/// The kernel reads no more of a `#!` line.
const HEAD: usize = 256;

/// Files up to this size are read again every time: that costs no more than looking them up.
const SMALL: u64 = 32 << 10;

/// So many files are worth a thread of their own.
const FILES: usize = 64;

/// Reads files for one key, and can tell afterwards whether they are still the same.
pub(super) struct FileReader<'m> {
    memory: Option<&'m dyn DigestMemory>,
    /// When it began, in nanoseconds since the epoch.
    now: i128,
    readings: RefCell<Vec<Reading>>,
    surveys: RefCell<Vec<Survey>>,
    learned: RefCell<Vec<LearnedDigest>>,
}

impl<'m> FileReader<'m> {
    /// A reader that begins at `now`.
    pub(super) fn new(memory: Option<&'m dyn DigestMemory>, now: Timestamp) -> Self {
        Self {
            memory,
            now: i128::from(now.as_millis()) * 1_000_000,
            readings: RefCell::default(),
            surveys: RefCell::default(),
            learned: RefCell::default(),
        }
    }

    /// What there was counts as well, whatever it held.
    pub(super) fn note_survey(&self, survey: Survey) {
        self.surveys.borrow_mut().push(survey);
    }

    pub(super) fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        self.memory?.recall(path, stamp)
    }

    pub(super) fn learn(&self, path: PathBuf, stamp: Stamp, digest: Digest) {
        self.learned.borrow_mut().push(LearnedDigest { path, stamp, digest });
    }

    /// The content of a file; `None` when there is no such file.
    pub(super) fn content(&self, path: &Path) -> Result<Option<FileContent>, Unreadable> {
        let Some((mut file, stamp)) = open(path)? else {
            self.note(path.to_owned(), None);
            return Ok(None);
        };
        let unreadable = |error| Unreadable::new(path, error);
        let mut head = Vec::with_capacity(HEAD);
        (&mut file).take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
        let digest = if let Some(digest) = self.recall_large(path, &stamp) {
            digest
        } else {
            if let Some(memory) = self.memory
                && stamp.size > SMALL
            {
                memory.rest();
            }
            let whole = head.as_slice().chain(file);
            let digest = Digest::of_length(stamp.size, whole).map_err(unreadable)?;
            self.learn_large(path, &stamp, digest);
            digest
        };
        self.note(path.to_owned(), Some((stamp, digest)));
        Ok(Some(FileContent { digest, head }))
    }

    /// What files hold that were surveyed.
    pub(super) fn contents(&self, files: &[Surveyed]) -> Result<Vec<Found>, Unreadable> {
        // The memory is not for many threads.
        let recalled = files.iter().map(|file| Ok((file, self.recall_surveyed(file)?)));
        let recalled = recalled.collect::<Result<Vec<_>, _>>()?;
        let found = parallel::map(&recalled, FILES, |(file, recalled)| match recalled {
            Some(_) => Ok(*recalled),
            None => read(&file.path),
        });
        let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut devices = Devices::default();
        for ((file, recalled), found) in recalled.into_iter().zip(&found) {
            if let (None, Some((stamp, digest))) = (recalled, found)
                && stamp.size > SMALL
            {
                self.learn_large(&absolute(&file.path), stamp, *digest);
            }
            // Of the others the survey tells.
            let is_told = found.is_some_and(|(stamp, _)| {
                stamp.is_settled(self.now) && devices.tell_changes(&file.path, &stamp)
            });
            if !is_told {
                self.note(file.path.clone(), *found);
            }
        }
        Ok(found)
    }

    /// Whether equal stamps of these files mean equal contents: those that were found in them.
    pub(super) fn is_certain(&self, files: &[Surveyed], found: &[Found]) -> bool {
        let mut devices = Devices::default();
        files.iter().zip(found).all(|(Surveyed { path, stamp }, found)| {
            found.is_some_and(|(when_read, _)| when_read == *stamp)
                && stamp.vouches(self.now)
                && devices.keep_times(path, stamp)
        })
    }

    fn note(&self, path: PathBuf, found: Found) {
        let settled = found.is_none_or(|(stamp, _)| stamp.is_settled(self.now));
        self.readings.borrow_mut().push(Reading { path, found, settled });
    }

    fn recall_large(&self, path: &Path, stamp: &FileStamp) -> Option<Digest> {
        if stamp.size > SMALL { self.recall(path, &stamp.into()) } else { None }
    }

    /// What a large file held, by the stamp that it has when it is opened: over a network that is truer
    /// than what the survey was told.
    fn recall_surveyed(&self, file: &Surveyed) -> Result<Found, Unreadable> {
        if file.stamp.size <= SMALL {
            return Ok(None);
        }
        let Some((_, stamp)) = open(&file.path)? else { return Ok(None) };
        let digest = self.recall_large(&absolute(&file.path), &stamp);
        Ok(digest.map(|digest| (stamp, digest)))
    }

    fn learn_large(&self, path: &Path, stamp: &FileStamp, digest: Digest) {
        if stamp.size > SMALL && stamp.is_settled(self.now) && tells_changes(path, stamp) {
            self.learn(path.to_owned(), stamp.into(), digest);
        }
    }

    /// What was read, without the memory.
    pub(super) fn finish(self) -> Readings {
        Readings {
            files: self.readings.into_inner(),
            surveys: self.surveys.into_inner(),
            learned: self.learned.into_inner(),
        }
    }
}

/// The files that went into one key.
#[derive(Debug)]
pub(super) struct Readings {
    files: Vec<Reading>,
    surveys: Vec<Survey>,
    pub(super) learned: Vec<LearnedDigest>,
}

impl Readings {
    /// A file that no longer holds what was read, or what is no longer as it was found.
    pub(super) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.files, FILES, Reading::still_holds);
        let file = self.files.iter().zip(hold).find(|(_, holds)| !holds);
        let file = file.map(|(reading, _)| reading.path.clone());
        file.or_else(|| self.surveys.iter().find_map(Survey::changed))
    }
}

impl Reading {
    fn still_holds(&self) -> bool {
        let stamp = rustix::fs::stat(&self.path).ok().map(|stat| FileStamp::of(&stat));
        if stamp != self.found.map(|(stamp, _)| stamp) {
            return false;
        }
        let content = self.found.map(|(_, digest)| digest);
        let now = || read(&self.path).map(|found| found.map(|(_, digest)| digest));
        let is_told = self.settled && stamp.is_none_or(|stamp| tells_changes(&self.path, &stamp));
        is_told || now().is_ok_and(|now| now == content)
    }
}

fn read(path: &Path) -> Result<Found, Unreadable> {
    let Some((file, stamp)) = open(path)? else { return Ok(None) };
    let digest = Digest::of_length(stamp.size, file);
    Ok(Some((stamp, digest.map_err(|error| Unreadable::new(path, error))?)))
}

/// A file, and its stamp before it is read; `None` when there is no such file.
fn open(path: &Path) -> Result<Option<(File, FileStamp)>, Unreadable> {
    let unreadable = |error: Errno| Unreadable::new(path, io::Error::from(error));
    // Not blocking: a FIFO without a writer would hold the open for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let stat = rustix::fs::fstat(&file).map_err(unreadable)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Unreadable::new(path, "it is not a regular file"));
    }
    Ok(Some((file, FileStamp::of(&stat))))
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
        FileReader::new(memory, Timestamp::now())
    }

    fn digest(memory: Option<&dyn DigestMemory>, path: &Path) -> Option<Digest> {
        reader(memory).content(path).expect("readable").map(|content| content.digest)
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
            let reader = FileReader::new(None, Timestamp::from_millis(now));
            reader.content(&path).expect("read");
            reader.finish().learned.len()
        };
        let changed = i64::try_from(stamp.changed / 1_000_000).expect("milliseconds");
        assert_eq!(learned(changed), 0);
        assert_eq!(learned(changed + 1000), 0);
        assert_eq!(learned(changed + 2001), 1);
    }

    fn reading_of(path: &Path) -> Reading {
        let found = read(path).expect("readable");
        Reading { path: path.to_owned(), found, settled: false }
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let (_dir, path, _) = large_file(b'a');
        let reading = reading_of(&path);
        assert!(reading.still_holds());
        std::fs::write(&path, vec![b'b'; LARGE]).expect("written");
        let stamp = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        let same_stamp = Reading { found: reading.found.map(|(_, d)| (stamp, d)), ..reading };
        assert!(!same_stamp.still_holds());
    }

    #[test]
    fn another_stamp_is_another_file_even_if_it_had_settled() {
        let (_dir, path, _) = large_file(b'a');
        let settled = Reading { settled: true, ..reading_of(&path) };
        assert!(settled.still_holds());
        std::fs::write(&path, b"other").expect("written");
        assert!(!settled.still_holds());
        std::fs::remove_file(&path).expect("removed");
        assert!(!settled.still_holds());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn stamps_mean_nothing_where_changes_leave_no_time() {
        let now = Timestamp::from_millis(Timestamp::now().as_millis() + 3_600_000);
        let reader = FileReader::new(None, now);
        let is_certain = |path: &Path| {
            let (stamp, digest) = read(path).expect("readable").expect("there");
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
            let reader = FileReader::new(None, later);
            if is_surveyed {
                let file = Surveyed { path: path.into(), stamp: stamp() };
                reader.contents(&[file]).expect("readable");
            } else {
                reader.content(path).expect("readable");
            }
            std::fs::write(path, "two").expect("written");
            assert_eq!(reader.finish().changed().as_deref(), Some(path));
        }
    }

    #[test]
    fn what_is_no_regular_file_cannot_be_keyed() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = read(dir.path()).expect_err("a directory");
        assert!(error.to_string().contains("not a regular file"), "{error}");
        assert_eq!(digest(None, &dir.path().join("gone")), None);
    }
}
