//! Regular files that the command inherits as descriptors from 3 on.
//!
//! The content that it reads from them is not in the key, and the bytes that it writes to them are not recorded. So a
//! run that does either is not stored. Both change an offset, a size or a date, which shows them.

use crate::inherited;
use crate::output_streams::are_one;
use crate::runner::error::Unrecorded;
use crate::terminal::Stream;
use rustix::fd::BorrowedFd;
use rustix::fs::{OFlags, SeekFrom, Stat, fcntl_getfl, fstat, seek};
use std::os::fd::RawFd;

/// The files, as they were before the run.
pub(super) struct InheritedFiles(Vec<InheritedFile>);

struct InheritedFile {
    fd: BorrowedFd<'static>,
    offset: u64,
    stat: Stat,
    /// Whether each write goes to the end.
    appends: bool,
    /// Our output streams that share the offset of the file, with the bytes written to each so far.
    streams: Vec<(Stream, u64)>,
    /// Whether our own output goes to this file, and changes its size and date.
    is_output: bool,
}

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

impl InheritedFiles {
    /// The files as they are now. Our standard input is left out if it is watched already.
    pub(super) fn now(is_stdin_watched: bool) -> Self {
        let is_watched =
            |fd: BorrowedFd<'_>| is_stdin_watched && are_one(fd, rustix::stdio::stdin());
        let files = inherited_files().filter(|fd| !is_watched(*fd)).filter_map(InheritedFile::now);
        Self(files.collect())
    }

    /// Their numbers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = RawFd> {
        self.0.iter().map(InheritedFile::number)
    }

    /// Leaves out the files that the command is known not to have used.
    pub(super) fn forget(&mut self, unused: &[RawFd]) {
        self.0.retain(|file| !unused.contains(&file.number()));
    }

    /// Whether the command may have read one of them without changing anything: at an offset of its own, or as mapped
    /// memory.
    pub(super) fn are_readable(&self) -> bool {
        let is_readable = |file: &InheritedFile| {
            !fcntl_getfl(file.fd).is_ok_and(|it| it & OFlags::ACCMODE == OFlags::WRONLY)
        };
        self.0.iter().any(is_readable)
    }

    /// Whether the command used none of them.
    pub(super) fn end(self) -> Result<(), Unrecorded> {
        match self.0.iter().find(|file| !file.is_unused()) {
            Some(file) => Err(Unrecorded::DescriptorUsed(file.number())),
            None => Ok(()),
        }
    }
}

impl InheritedFile {
    fn now(fd: BorrowedFd<'static>) -> Option<Self> {
        let stat = fstat(fd).ok()?;
        let is_same = |stream: &Stream| {
            fstat(stream.fd()).is_ok_and(|it| (it.st_dev, it.st_ino) == (stat.st_dev, stat.st_ino))
        };
        let outputs: Vec<_> = STREAMS.into_iter().filter(is_same).collect();
        let shared = outputs.iter().filter(|stream| are_one(stream.fd(), fd));
        Some(Self {
            fd,
            offset: offset(fd)?,
            stat,
            appends: fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::APPEND)),
            streams: shared.map(|stream| (*stream, stream.written())).collect(),
            is_output: !outputs.is_empty(),
        })
    }

    fn is_unused(&self) -> bool {
        let (Some(offset), Ok(stat)) = (offset(self.fd), fstat(self.fd)) else { return false };
        let written: u64 =
            self.streams.iter().map(|(stream, before)| stream.written() - before).sum();
        let begin = match u64::try_from(self.stat.st_size) {
            Ok(end) if self.appends && written > 0 => end,
            _ => self.offset,
        };
        let content = |it: &Stat| (it.st_size, it.st_mtime, it.st_mtime_nsec);
        offset == begin + written && (self.is_output || content(&stat) == content(&self.stat))
    }

    fn number(&self) -> RawFd {
        std::os::fd::AsRawFd::as_raw_fd(&self.fd)
    }
}

fn offset(fd: BorrowedFd<'_>) -> Option<u64> {
    seek(fd, SeekFrom::Current(0)).ok()
}

/// The descriptors that the command inherits. None of our own is among them.
#[allow(unsafe_code)]
fn inherited_files() -> impl Iterator<Item = BorrowedFd<'static>> {
    // SAFETY: nothing here closes a descriptor that it did not open.
    inherited::regular_files().into_iter().map(|fd| unsafe { BorrowedFd::borrow_raw(fd) })
}
