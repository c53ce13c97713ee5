//! One regular file: opening it without side effects, and what it holds.

use super::stamp::FileStamp;
use crate::key::digest::{Digest, OnProgress};
use crate::key::error::Unreadable;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a file held, and its stamp then; `None` when there was no such file.
pub(crate) type FoundContent = Option<(FileStamp, Digest)>;

/// The stamp of a regular file when it is opened: over a network that is truer than what is told of its path.
pub(crate) fn open_stamp(path: &Path) -> Result<FileStamp, Unreadable> {
    let opened = open(path)?.ok_or_else(|| Unreadable::new(path, "it was removed a moment ago"))?;
    Ok(FileStamp::of(&opened.1))
}

/// What a file holds now; `None` when there is no such file.
pub(crate) fn read(path: &Path, on_progress: OnProgress<'_>) -> Result<FoundContent, Unreadable> {
    let Some((file, stat)) = open(path)? else { return Ok(None) };
    let stamp = FileStamp::of(&stat);
    let digest = Digest::of_length(stamp.size, Watched { file, on_progress });
    Ok(Some((stamp, digest.map_err(|error| Unreadable::new(path, error))?)))
}

/// A file that tells when some of it was read.
struct Watched<'p> {
    file: File,
    on_progress: OnProgress<'p>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.on_progress)();
        self.file.read(buffer)
    }
}

/// A regular file, and its state before it is read; `None` when there is no such file.
pub(crate) fn open(path: &Path) -> Result<Option<(File, Stat)>, Unreadable> {
    regular(path, open_with(path, OFlags::empty()))
}

pub(crate) fn open_with(path: &Path, how: OFlags) -> Result<File, Errno> {
    // Not blocking: a FIFO without a writer would hold the open for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::open(path, how | flags, Mode::empty()).map(File::from)
}

pub(crate) fn regular(
    path: &Path,
    opened: Result<File, Errno>,
) -> Result<Option<(File, Stat)>, Unreadable> {
    let unreadable = |error: Errno| Unreadable::new(path, io::Error::from(error));
    let file = match opened {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let stat = rustix::fs::fstat(&file).map_err(unreadable)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Unreadable::new(path, "it is not a regular file"));
    }
    Ok(Some((file, stat)))
}
