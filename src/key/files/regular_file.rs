//! One regular file: opening it without side effects, and reading it.

use super::stamp::FileStamp;
use crate::absence::if_there;
use crate::key::digest::{Digest, OnProgress};
use crate::key::error::Unreadable;
use crate::opening::open_to_read;
use rustix::fs::{CWD, FileType, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The digest of a file's content, and its stamp when it was opened; `None` when there was no such file.
pub(super) type FileContent = Option<(FileStamp, Digest)>;

/// The content of a file, read now.
pub(super) fn read(path: &Path, on_progress: OnProgress<'_>) -> Result<FileContent, Unreadable> {
    let Some((file, stat)) = open(path)? else { return Ok(None) };
    let stamp = FileStamp::of(&stat);
    let digest = Digest::of_length(stamp.size, ProgressReader { file, on_progress });
    Ok(Some((stamp, digest.map_err(|error| Unreadable::new(path, error))?)))
}

/// A file that reports progress with each read.
struct ProgressReader<'p> {
    file: File,
    on_progress: OnProgress<'p>,
}

impl Read for ProgressReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.on_progress)();
        self.file.read(buffer)
    }
}

/// The stamp of a regular file, asked of the open file: on a network file system the stamp of a path may be out of
/// date.
pub(super) fn open_stamp(path: &Path) -> Result<FileStamp, Unreadable> {
    let (_, stat) = open(path)?.ok_or_else(|| Unreadable::new(path, "it was removed just now"))?;
    Ok(FileStamp::of(&stat))
}

/// Opens a regular file, and asks for its state before it is read; `None` when there is no such file.
pub(super) fn open(path: &Path) -> Result<Option<(File, Stat)>, Unreadable> {
    check_regular(path, open_to_read(CWD, path, OFlags::empty()))
}

/// Checks that a regular file was opened at `path`, or that there is nothing.
pub(super) fn check_regular(
    path: &Path,
    opened: Result<File, Errno>,
) -> Result<Option<(File, Stat)>, Unreadable> {
    let unreadable = |error| Unreadable::new(path, error);
    let Some(file) = if_there(opened).map_err(unreadable)? else { return Ok(None) };
    let stat = rustix::fs::fstat(&file).map_err(|error| unreadable(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Unreadable::new(path, "it is not a regular file"));
    }
    Ok(Some((file, stat)))
}
