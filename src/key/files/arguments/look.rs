//! A look at a path that an argument may name. Nothing is opened.

use crate::key::error::Unreadable;
use crate::key::files::exec_mode::is_executable;
use crate::key::files::stamp::FileStamp;
use crate::terminal::is_null_device;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use std::path::Path;

/// The kind of a path, with links followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathKind {
    /// Nothing, or something that never counts.
    Nothing,
    /// A regular file.
    File { stamp: FileStamp, is_executable: bool },
    /// A directory.
    Directory,
    /// A file that may not be read, and why. Its stamp counts, since the command may have more rights.
    Closed { stamp: FileStamp, why: String },
    /// Something other than a file or directory, with a text for messages.
    Special(&'static str),
}

/// Looks at a path.
///
/// # Errors
/// When we may not look there.
pub(super) fn look(path: &Path) -> Result<PathKind, Unreadable> {
    let stat = match rustix::fs::stat(path) {
        Ok(stat) => stat,
        Err(error @ (Errno::ACCESS | Errno::PERM | Errno::IO | Errno::STALE)) => {
            return Err(Unreadable::new(path, std::io::Error::from(error)));
        }
        Err(_) => return Ok(PathKind::Nothing),
    };
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            PathKind::File { stamp: FileStamp::of(&stat), is_executable: is_executable(&stat) }
        }
        FileType::Directory => PathKind::Directory,
        // Such as `/dev/stdin`: the targets of our own streams count in other ways.
        _ if is_standard_stream(&stat) => PathKind::Nothing,
        FileType::Fifo => PathKind::Special("is a FIFO"),
        FileType::Socket => PathKind::Special("is a socket"),
        // The null device never holds anything.
        FileType::CharacterDevice if is_null_device(&stat) => PathKind::Nothing,
        FileType::CharacterDevice | FileType::BlockDevice => PathKind::Special("is a device"),
        _ => PathKind::Special("is no regular file"),
    })
}

/// Whether one of our standard streams leads there.
fn is_standard_stream(stat: &Stat) -> bool {
    let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let is_same = |it: Stat| (it.st_dev, it.st_ino) == (stat.st_dev, stat.st_ino);
    streams.into_iter().any(|fd| rustix::fs::fstat(fd).is_ok_and(is_same))
}
