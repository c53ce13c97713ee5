//! Files that the command inherits as descriptors from 3 on.
//!
//! What it reads from them is not in the key, and what it writes to them is not recorded; so a run that
//! did either is not stored. Both move an offset, a size or a date.

use super::Unrecorded;
use crate::outputs::are_one;
use crate::terminal::Stream;
use rustix::fd::BorrowedFd;
use rustix::fs::{Dir, FileType, Mode, OFlags, SeekFrom, Stat, fcntl_getfl, fstat, seek};
use rustix::io::{FdFlags, fcntl_getfd};
use std::os::fd::RawFd;

/// Regular files that the command inherits, as they were before.
pub(super) struct PassedOn(Vec<OpenFile>);

struct OpenFile {
    fd: BorrowedFd<'static>,
    offset: u64,
    stat: Stat,
    /// Whether each write goes to the end.
    appends: bool,
    /// Our streams whose offset is its own, with how much was written to them.
    streams: Vec<(Stream, u64)>,
    /// Whether what we write changes its size and date.
    is_output: bool,
}

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

impl PassedOn {
    /// As they are now, but for one that is our standard input as well if that is watched already.
    pub(super) fn now(is_stdin_watched: bool) -> Self {
        let is_watched =
            |fd: BorrowedFd<'_>| is_stdin_watched && are_one(fd, rustix::stdio::stdin());
        let files = inheritable().filter(|fd| !is_watched(*fd)).filter_map(OpenFile::now);
        Self(files.collect())
    }

    /// Whether the command left them alone.
    pub(super) fn end(self) -> Result<(), Unrecorded> {
        match self.0.iter().find(|file| !file.was_left_alone()) {
            Some(file) => Err(Unrecorded::DescriptorUsed(file.number())),
            None => Ok(()),
        }
    }
}

impl OpenFile {
    /// `None` if it is no regular file.
    fn now(fd: BorrowedFd<'static>) -> Option<Self> {
        let stat = fstat(fd).ok()?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return None;
        }
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

    fn was_left_alone(&self) -> bool {
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

/// The descriptors from 3 on that stay open in the command: none of ours does.
#[allow(unsafe_code)]
fn inheritable() -> impl Iterator<Item = BorrowedFd<'static>> {
    // SAFETY: what was not opened by us nobody here closes. What is not open only makes the look fail.
    let borrowed = |fd| unsafe { BorrowedFd::borrow_raw(fd) };
    let stays =
        |fd: &BorrowedFd<'_>| fcntl_getfd(fd).is_ok_and(|it| !it.contains(FdFlags::CLOEXEC));
    open().into_iter().filter(|fd| *fd > 2).map(borrowed).filter(stays)
}

fn open() -> Vec<RawFd> {
    /// As far as it is looked where the system has no list.
    const LIKELY: RawFd = 256;
    ["/proc/self/fd", "/dev/fd"].into_iter().find_map(list).unwrap_or_else(|| (3..LIKELY).collect())
}

/// The numbers that are the names in a directory, if there are any.
fn list(path: &str) -> Option<Vec<RawFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut names = Dir::new(rustix::fs::open(path, flags, Mode::empty()).ok()?).ok()?;
    let mut open = Vec::new();
    while let Some(Ok(name)) = names.read() {
        open.extend(name.file_name().to_str().ok().and_then(|name| name.parse::<RawFd>().ok()));
    }
    (!open.is_empty()).then_some(open)
}
