//! Whether a command may read what it writes.
//!
//! A command that has its output file as an input can see that, and mostly leaves the file out: `grep x * >out`. With
//! a pipe in place of the file it would read what it wrote, without end.

use crate::terminal::Stream;
use rustix::fs::{FileType, Stat, fstat, stat};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The word that names a file which one of our output streams writes to, or a directory that the file is in.
pub(super) fn among(words: &[OsString]) -> Option<&OsStr> {
    let files = [Stream::Stdout, Stream::Stderr].map(OutputFile::of);
    let files: Vec<_> = files.into_iter().flatten().collect();
    if files.is_empty() {
        return None;
    }
    let names = |word: &OsStr| {
        paths(word.as_bytes()).any(|path| files.iter().any(|file| file.is_or_is_in(path)))
    };
    words.iter().skip(1).map(OsString::as_os_str).find(|word| names(word))
}

/// What a word may name: itself, what follows its first `=`, and what follows an `@` at its start.
fn paths(word: &[u8]) -> impl Iterator<Item = &Path> {
    let value = word.iter().position(|byte| *byte == b'=').map(|at| &word[at + 1..]);
    let paths = [Some(word), value, word.strip_prefix(b"@")];
    paths.into_iter().flatten().map(|path| Path::new(OsStr::from_bytes(path)))
}

/// A regular file that we write to.
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

    /// Those that it is in, the nearest first.
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
        let path = rustix::fs::getpath(self.stream.fd()).ok()?;
        Some(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
    }
}

/// What tells a file from all others.
type Id = (rustix::fs::Dev, u64);

fn id(stat: &Stat) -> Id {
    (stat.st_dev, stat.st_ino)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_name_a_file_in_several_ways() {
        let found = |word| paths(word).map(Path::to_owned).collect::<Vec<_>>();
        assert_eq!(found(b"a"), [Path::new("a")]);
        assert_eq!(found(b"of=a=b"), [Path::new("of=a=b"), Path::new("a=b")]);
        assert_eq!(found(b"@a"), [Path::new("@a"), Path::new("a")]);
    }
}
