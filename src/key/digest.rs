//! Digests of bytes and of files.
//!
//! Small files are simply read. The digest of a large one is remembered under its path and stamp,
//! and believed only when the file had stopped changing well before it was read: a change within
//! the clock's grain would leave the same stamp.

use super::files::Shape;
use super::hex::Hex;
use rustix::fs::{FileType, Mode, OFlags};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that can be read, in constant memory.
    ///
    /// # Errors
    /// What the reader says.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut builder = DigestBuilder::default();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(builder.finish()),
                Ok(count) => builder.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Computes a [`Digest`] piece by piece.
#[derive(Clone, Debug, Default)]
pub struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hex(&self.0))
    }
}

/// What the file system tells of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// The device that holds it.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content changed, in nanoseconds since the epoch, as anyone may set it.
    pub modified: i128,
    /// When anything of it changed, in nanoseconds since the epoch, as the kernel keeps it.
    pub changed: i128,
}

impl FileStamp {
    /// The kernel's clock moves in steps of up to 10 ms; network file systems are coarser.
    const SETTLED_AFTER_NANOS: i128 = 2_000_000_000;

    /// The stamp of an open file.
    ///
    /// # Errors
    /// As the system.
    pub fn of_open(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "field types vary by platform"
    )]
    fn of(stat: &rustix::fs::Stat) -> Self {
        let nanos =
            |seconds: i64, nanos: u64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
            changed: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
        }
    }

    /// Whether the file had been left alone for long enough at `now` (nanoseconds since the epoch).
    fn is_settled(&self, now: i128) -> bool {
        self.changed.max(self.modified) + Self::SETTLED_AFTER_NANOS < now
    }
}

/// Where digests of large files are remembered between calls.
pub trait DigestMemory {
    /// The digest that was learned for this path under exactly this stamp.
    fn recall(&self, path: &Path, stamp: &FileStamp) -> Option<Digest>;

    /// Something slow is about to come; nobody should have to wait for this memory meanwhile.
    fn rest(&self) {}
}

/// A digest worth remembering.
#[derive(Clone, Debug)]
pub struct LearnedDigest {
    /// The file.
    pub path: PathBuf,
    /// Its stamp when it was read.
    pub stamp: FileStamp,
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

/// A file that was digested, and when that can be believed again.
#[derive(Clone, Debug)]
struct Reading {
    path: PathBuf,
    /// `None`: there was no such file.
    found: Option<(FileStamp, Digest)>,
    /// Whether an equal stamp means equal content.
    settled: bool,
    /// Whether the digest was recalled rather than read.
    remembered: bool,
}

/// What a file holds.
pub(super) struct FileContent {
    pub(super) digest: Digest,
    /// Its first bytes, enough for a `#!` line.
    pub(super) head: Vec<u8>,
}

/// The kernel reads no more of a `#!` line.
const HEAD: usize = 256;

/// Reads files for one key, and can tell afterwards whether they are still the same.
pub(super) struct FileReader<'m> {
    memory: Option<&'m dyn DigestMemory>,
    readings: RefCell<Vec<Reading>>,
    learned: RefCell<Vec<LearnedDigest>>,
    shapes: RefCell<Vec<Shape>>,
}

/// Files up to this size are read again every time: that costs no more than looking them up.
const SMALL: u64 = 32 << 10;

impl<'m> FileReader<'m> {
    pub(super) fn new(memory: Option<&'m dyn DigestMemory>) -> Self {
        Self {
            memory,
            readings: RefCell::default(),
            learned: RefCell::default(),
            shapes: RefCell::default(),
        }
    }

    /// Which files there were counts as well.
    pub(super) fn note_shape(&self, shape: Shape) {
        self.shapes.borrow_mut().push(shape);
    }

    /// The content of a file; `None` when there is no such file.
    pub(super) fn content(&self, path: &Path) -> Result<Option<FileContent>, Unreadable> {
        let (reading, head) = read(path, self.memory)?;
        let content = reading.found.map(|(_, digest)| FileContent { digest, head });
        if let Some((stamp, digest)) = reading.found
            && reading.settled
            && stamp.size > SMALL
            && !reading.remembered
        {
            self.learned.borrow_mut().push(LearnedDigest { path: path.to_owned(), stamp, digest });
        }
        self.readings.borrow_mut().push(reading);
        Ok(content)
    }

    /// What was read, without the memory.
    pub(super) fn finish(self) -> Readings {
        Readings {
            files: self.readings.into_inner(),
            learned: self.learned.into_inner(),
            shapes: self.shapes.into_inner(),
        }
    }
}

/// The files that went into one key.
#[derive(Debug)]
pub(super) struct Readings {
    files: Vec<Reading>,
    shapes: Vec<Shape>,
    pub(super) learned: Vec<LearnedDigest>,
}

impl Readings {
    /// The first file that no longer holds what was read.
    pub(super) fn changed(&self) -> Option<&Path> {
        let file = self.files.iter().find(|reading| !still_holds(reading));
        let shape = || self.shapes.iter().find(|shape| !shape.still_holds()).map(Shape::word);
        file.map(|reading| &*reading.path).or_else(shape)
    }
}

fn still_holds(reading: &Reading) -> bool {
    let stamp = rustix::fs::stat(&reading.path).ok().map(|stat| FileStamp::of(&stat));
    if stamp != reading.found.map(|(stamp, _)| stamp) {
        return false;
    }
    let content = reading.found.map(|(_, digest)| digest);
    reading.settled
        || read(&reading.path, None)
            .is_ok_and(|(now, _)| now.found.map(|(_, digest)| digest) == content)
}

fn read(path: &Path, memory: Option<&dyn DigestMemory>) -> Result<(Reading, Vec<u8>), Unreadable> {
    let unreadable = |error: io::Error| Unreadable::new(path, error);
    // Not blocking: a FIFO without a writer would hold the open for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {
            let missing =
                Reading { path: path.to_owned(), found: None, settled: true, remembered: false };
            return Ok((missing, Vec::new()));
        }
        Err(error) => return Err(unreadable(error.into())),
    };
    let stat = rustix::fs::fstat(&file).map_err(|error| unreadable(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Unreadable::new(path, "it is not a regular file"));
    }
    let stamp = FileStamp::of(&stat);
    let remembered =
        memory.filter(|_| stamp.size > SMALL).and_then(|memory| memory.recall(path, &stamp));
    let settled = stamp.is_settled(now_nanos());
    let head = read_head(&mut file).map_err(unreadable)?;
    let digest = if let Some(digest) = remembered {
        digest
    } else {
        if let Some(memory) = memory
            && stamp.size > SMALL
        {
            memory.rest();
        }
        Digest::of_reader(head.as_slice().chain(file)).map_err(unreadable)?
    };
    let (path, remembered) = (path.to_owned(), remembered.is_some());
    Ok((Reading { path, found: Some((stamp, digest)), settled, remembered }, head))
}

fn read_head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut length = 0;
    while length < HEAD {
        match file.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(length);
    Ok(head)
}

fn now_nanos() -> i128 {
    i128::from(crate::time::Timestamp::now().as_millis()) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = (32 << 10) + 1;

    /// A memory that holds one digest, true or not.
    struct Remembers(FileStamp, Digest);

    impl DigestMemory for Remembers {
        fn recall(&self, _: &Path, stamp: &FileStamp) -> Option<Digest> {
            (*stamp == self.0).then_some(self.1)
        }
    }

    fn digest(memory: Option<&dyn DigestMemory>, path: &Path) -> Option<Digest> {
        FileReader::new(memory).content(path).expect("readable").map(|content| content.digest)
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
        let reader = FileReader::new(None);
        reader.content(&path).expect("read");
        assert!(reader.finish().learned.is_empty());
        assert!(!stamp.is_settled(stamp.changed + 1_000_000_000));
        assert!(stamp.is_settled(stamp.changed.max(stamp.modified) + 2_000_000_001));
    }

    #[test]
    fn an_edit_under_the_same_stamp_is_noticed() {
        let (_dir, path, _) = large_file(b'a');
        let (reading, _) = read(&path, None).expect("read");
        assert!(still_holds(&reading));
        std::fs::write(&path, vec![b'b'; LARGE]).expect("written");
        let stamp = FileStamp::of(&rustix::fs::stat(&path).expect("there"));
        let same_stamp = Reading { found: reading.found.map(|(_, d)| (stamp, d)), ..reading };
        assert!(!still_holds(&same_stamp));
    }

    #[test]
    fn another_stamp_is_another_file_even_if_it_had_settled() {
        let (_dir, path, _) = large_file(b'a');
        let (reading, _) = read(&path, None).expect("read");
        let settled = Reading { settled: true, ..reading };
        assert!(still_holds(&settled));
        std::fs::write(&path, b"other").expect("written");
        assert!(!still_holds(&settled));
        std::fs::remove_file(&path).expect("removed");
        assert!(!still_holds(&settled));
    }

    #[test]
    fn what_is_no_regular_file_cannot_be_keyed() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = read(dir.path(), None).expect_err("a directory");
        assert!(error.to_string().contains("not a regular file"), "{error}");
        assert_eq!(digest(None, &dir.path().join("gone")), None);
    }
}
