//! Reading files for one key.
//!
//! Small files are read every time. The digest of a large one is remembered under its path and stamp, and believed only
//! when the file had stopped changing well before it was read: see [`FileStamp`].

use super::memory::{DigestMemory, LearnedDigest};
use super::path::{RealDirectories, absolute, canonical};
use super::recheck::{ReadFile, ReadFiles};
use super::regular_file::{FileContent, check_regular, open, read};
use super::stamp::{FileStamp, Stamp, tells_changes};
use crate::key::digest::{Digest, OnProgress};
use crate::key::error::Unreadable;
use crate::key::fingerprint::ExecMode;
use crate::opening::open_to_read;
use crate::parallel::{self, FILES_PER_THREAD};
use crate::time::Timestamp;
use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;
use std::cell::RefCell;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file that was opened for its content.
pub(crate) struct OpenedFile {
    /// The index of the content among those that [`FileReader::resolve`] gives.
    pub(crate) content: usize,
    /// Its first bytes, enough for a `#!` line.
    pub(crate) head: Vec<u8>,
    /// Its path without links.
    pub(crate) real: PathBuf,
    /// The parts of its mode that matter when it is executed.
    pub(crate) mode: ExecMode,
}

/// The content of a file that was opened, as far as it is known.
struct PendingContent {
    path: PathBuf,
    stamp: FileStamp,
    /// `None` for a large file, whose digest may be remembered.
    digest: Option<Digest>,
}

/// A file as one thread opened it.
struct FirstLook {
    content: PendingContent,
    head: Vec<u8>,
    mode: ExecMode,
    /// The path without links, if the file was opened through a link.
    target: Option<PathBuf>,
}

/// The kernel reads no more than this of a `#!` line.
const HEAD: u64 = 256;

/// Files up to this size are read every time: that costs no more than looking their digests up.
pub(super) const SMALL: u64 = 32 << 10;

/// Files above this size are read only if the user named them with an option, or if they run: else their stamp counts.
pub const HUGE: u64 = 64 << 20;

/// Reads files for one key, and can check afterwards whether they are still the same.
pub(crate) struct FileReader<'m> {
    memory: Option<&'m dyn DigestMemory>,
    /// When the call began, in nanoseconds since the epoch.
    pub(super) now: i128,
    pub(super) on_progress: OnProgress<'m>,
    opened: RefCell<Vec<PendingContent>>,
    files: RefCell<Vec<ReadFile>>,
    learned: RefCell<Vec<LearnedDigest>>,
    real_directories: RefCell<RealDirectories>,
}

impl<'m> FileReader<'m> {
    /// A reader for a call that began at `now`.
    pub(crate) fn new(
        memory: Option<&'m dyn DigestMemory>,
        now: Timestamp,
        on_progress: OnProgress<'m>,
    ) -> Self {
        Self {
            memory,
            now: i128::from(now.as_millis()) * 1_000_000,
            on_progress,
            opened: RefCell::default(),
            files: RefCell::default(),
            learned: RefCell::default(),
            real_directories: RefCell::default(),
        }
    }

    /// Releases the lock of the memory. Call this before anything slow.
    pub(crate) fn release_read_lock(&self) {
        if let Some(memory) = self.memory {
            memory.release_read_lock();
        }
    }

    /// Recalls a digest. The lock stays, so that more can be recalled at the same moment.
    pub(super) fn recall(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        self.memory?.recall(path, stamp)
    }

    /// Learns a digest, to be remembered after this call.
    pub(super) fn learn(&self, path: PathBuf, stamp: Stamp, digest: Digest) {
        self.learned.borrow_mut().push(LearnedDigest { path, stamp, digest });
    }

    /// Opens a file, and reads it if it is small; `None` when there is no such file.
    pub(crate) fn open(&self, path: &Path) -> Result<Option<OpenedFile>, Unreadable> {
        self.open_all(&[path]).next().unwrap_or(Ok(None))
    }

    /// Like [`open`](Self::open), for many files.
    pub(super) fn open_all<P: AsRef<Path> + Sync>(
        &self,
        paths: &[P],
    ) -> impl Iterator<Item = Result<Option<OpenedFile>, Unreadable>> {
        let on_progress = self.on_progress;
        let look = |path: &P| FirstLook::at(path.as_ref(), on_progress);
        let looks = parallel::map(paths, FILES_PER_THREAD, look);
        let opened = |path: &P, FirstLook { content, head, mode, target }| {
            let locate = || self.real_directories.borrow_mut().locate(path.as_ref());
            let mut opened = self.opened.borrow_mut();
            opened.push(content);
            let real = target.unwrap_or_else(locate);
            OpenedFile { content: opened.len() - 1, head, real, mode }
        };
        paths.iter().zip(looks).map(move |(path, seen)| Ok(seen?.map(|seen| opened(path, seen))))
    }

    /// The contents of all files that were opened. If the digests of all large ones were remembered, the memory stays
    /// locked, so that a look-up can follow in the same transaction.
    pub(crate) fn resolve(&self) -> Result<Vec<(FileStamp, Digest)>, Unreadable> {
        let mut pending = self.opened.take();
        for PendingContent { path, stamp, digest } in &mut pending {
            *digest = digest.or_else(|| self.recall(path, &Stamp::from(&*stamp)));
        }
        if pending.iter().any(|content| content.digest.is_none()) {
            self.release_read_lock();
        }
        let complete = |PendingContent { path, stamp, digest }| match digest {
            Some(digest) => Ok((stamp, digest)),
            None => self.read_large(&path),
        };
        pending.into_iter().map(complete).collect()
    }

    fn read_large(&self, path: &Path) -> Result<(FileStamp, Digest), Unreadable> {
        let content = read(path, self.on_progress)?;
        let (stamp, digest) =
            content.ok_or_else(|| Unreadable::new(path, "it was removed while cachex read it"))?;
        self.learn_large(path, &stamp, digest);
        Ok((stamp, digest))
    }

    /// Learns the digest of a file, if it is large and its stamp can be trusted.
    pub(super) fn learn_large(&self, path: &Path, stamp: &FileStamp, digest: Digest) {
        if stamp.size > SMALL && self.trusts(path, stamp) {
            self.learn(path.to_owned(), stamp.into(), digest);
        }
    }

    /// Whether a file with this stamp had been left alone for long enough.
    pub(super) fn is_settled(&self, stamp: &FileStamp) -> bool {
        stamp.is_settled(self.now)
    }

    /// Whether the stamp of this file can stand for its content.
    pub(super) fn trusts(&self, path: &Path, stamp: &FileStamp) -> bool {
        self.is_settled(stamp) && tells_changes(path, stamp)
    }

    /// Notes a content that counts: if it changes while the command runs, the result is not stored.
    pub(crate) fn note(&self, path: PathBuf, content: FileContent) {
        let is_settled = content.is_none_or(|(stamp, _)| self.is_settled(&stamp));
        self.files.borrow_mut().push(ReadFile { path, content, is_settled });
    }

    /// Ends the reading, and lets go of the memory.
    pub(crate) fn finish(self) -> ReadFiles {
        ReadFiles { files: self.files.into_inner(), learned: self.learned.into_inner() }
    }
}

impl FirstLook {
    fn at(path: &Path, on_progress: OnProgress<'_>) -> Result<Option<Self>, Unreadable> {
        on_progress();
        let (opened, is_link) = match open_to_read(CWD, path, OFlags::NOFOLLOW) {
            Err(Errno::LOOP) => (open(path)?, true),
            opened => (check_regular(path, opened)?, false),
        };
        let Some((mut file, stat)) = opened else { return Ok(None) };
        let unreadable = |error| Unreadable::new(path, error);
        let stamp = FileStamp::of(&stat);
        let is_small = stamp.size <= SMALL;
        // One byte more shows whether that was all: some files are longer than their size says.
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
        head.truncate(usize::try_from(HEAD).unwrap_or_default());
        let content = PendingContent { path: absolute(path), stamp, digest };
        Ok(Some(Self { content, head, mode, target: is_link.then(|| canonical(path)) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = (32 << 10) + 1;

    /// A memory that holds one digest, which may be wrong.
    struct OneDigest(FileStamp, Digest);

    impl DigestMemory for OneDigest {
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
        let found = reader.resolve().expect("readable");
        found.get(opened.content).map(|(_, digest)| *digest)
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
        let memory = OneDigest(stamp, lie);
        assert_eq!(digest(Some(&memory), &path), Some(lie));
        let other = OneDigest(FileStamp { changed: stamp.changed - 1, ..stamp }, lie);
        assert_eq!(digest(Some(&other), &path), Some(Digest::of(&vec![b'a'; LARGE])));
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_remembered() {
        let (_dir, path, stamp) = large_file(b'a');
        let learned = |now| {
            let reader = FileReader::new(None, Timestamp::from_millis(now), &|| {});
            reader.open(&path).expect("read").expect("there");
            reader.resolve().expect("read");
            reader.finish().learned.len()
        };
        let changed = i64::try_from(stamp.changed / 1_000_000).expect("milliseconds");
        assert_eq!(learned(changed), 0);
        assert_eq!(learned(changed + 1000), 0);
        assert_eq!(learned(changed + 2001), 1);
    }

    #[test]
    fn only_regular_files_can_be_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let error = read(dir.path(), &|| {}).expect_err("a directory");
        assert!(error.to_string().contains("not a regular file"), "{error}");
        assert_eq!(digest(None, &dir.path().join("gone")), None);
    }
}
