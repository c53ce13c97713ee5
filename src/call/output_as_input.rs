//! Whether a command may read its own output.
//!
//! A command can see that its output file is one of its inputs, and most commands then leave that file out, as in
//! `grep x * >out`. With a pipe in place of the file it would read its own output without end.

use crate::key::names_in;
use crate::terminal::Stream;
use rustix::fs::{FileType, Stat, fstat, stat};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The word that names the file behind one of our output streams, or a directory around that file.
pub(super) fn among(words: &[OsString]) -> Option<&OsStr> {
    let files = [Stream::Stdout, Stream::Stderr].map(OutputFile::of);
    let files: Vec<_> = files.into_iter().flatten().collect();
    if files.is_empty() {
        return None;
    }
    let names = |word: &OsStr| {
        names_in(word).any(|name| files.iter().any(|file| file.is_or_is_in(Path::new(name))))
    };
    words.iter().skip(1).map(OsString::as_os_str).find(|word| names(word))
}

/// A regular file behind an output stream.
struct OutputFile {
    id: Id,
    stream: Stream,
}

impl OutputFile {
    fn of(stream: Stream) -> Option<Self> {
        let found = fstat(stream.fd()).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        is_file.then(|| Self { id: id(&found), stream })
    }

    fn is_or_is_in(&self, path: &Path) -> bool {
        let Ok(found) = stat(path) else { return false };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => id(&found) == self.id,
            FileType::Directory => self.directories().any(|it| it == id(&found)),
            _ => false,
        }
    }

    /// The directories around it, the nearest first.
    fn directories(&self) -> impl Iterator<Item = Id> {
        let path = self.path().unwrap_or_default();
        let directories: Vec<_> = path.ancestors().skip(1).map(Path::to_owned).collect();
        directories.into_iter().filter_map(|it| Some(id(&stat(&it).ok()?)))
    }

    #[cfg(target_os = "linux")]
    fn path(&self) -> Option<PathBuf> {
        use std::os::fd::AsRawFd;
        std::fs::read_link(format!("/proc/self/fd/{}", self.stream.fd().as_raw_fd())).ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn path(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        let path = rustix::fs::getpath(self.stream.fd()).ok()?;
        Some(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
    }
}

/// The device and inode of a file.
type Id = (rustix::fs::Dev, u64);

fn id(stat: &Stat) -> Id {
    (stat.st_dev, stat.st_ino)
}
