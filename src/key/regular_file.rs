//! One regular file: opening it without side effects, and what it holds.

use super::digest::Digest;
use super::error::Unreadable;
use super::program::absolute;
use super::stamp::FileStamp;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a file held, and its stamp then; `None` when there was no such file.
pub(super) type Found = Option<(FileStamp, Digest)>;

/// The stamp of a regular file when it is opened: over a network that is truer than what is told of its path.
pub(super) fn open_stamp(path: &Path) -> Result<FileStamp, Unreadable> {
    let opened = open(path)?.ok_or_else(|| Unreadable::new(path, "it was removed a moment ago"))?;
    Ok(FileStamp::of(&opened.1))
}

/// What a file holds now; `None` when there is no such file.
pub(super) fn read(path: &Path, on_progress: OnProgress<'_>) -> Result<Found, Unreadable> {
    let Some((file, stat)) = open(path)? else { return Ok(None) };
    let stamp = FileStamp::of(&stat);
    let digest = Digest::of_length(stamp.size, Watched { file, on_progress });
    Ok(Some((stamp, digest.map_err(|error| Unreadable::new(path, error))?)))
}

/// Called now and then while files are read, by any thread.
pub(super) type OnProgress<'p> = &'p (dyn Fn() + Sync);

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

/// A path without links, if that can be told.
pub(super) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

/// A regular file, and its state before it is read; `None` when there is no such file.
pub(super) fn open(path: &Path) -> Result<Option<(File, Stat)>, Unreadable> {
    regular(path, open_with(path, OFlags::empty()))
}

pub(super) fn open_with(path: &Path, how: OFlags) -> Result<File, Errno> {
    // Not blocking: a FIFO without a writer would hold the open for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::open(path, how | flags, Mode::empty()).map(File::from)
}

pub(super) fn regular(
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
