//! What the file system tells of a path that an argument may name. Nothing is opened.

use super::exec_mode::is_executable;
use super::stamp::FileStamp;
use crate::key::error::Unreadable;
use crate::terminal::is_null_device;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::path::Path;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or what counts for nothing.
    Nothing,
    /// A regular file.
    File { stamp: FileStamp, is_executable: bool },
    /// A directory.
    Directory,
    /// A file that may not be read, and why. Its stamp counts: the command may have more rights.
    Closed { stamp: FileStamp, why: String },
    /// What is no file, and what it is.
    Special(&'static str),
}

/// Looks at a path, links being followed.
///
/// # Errors
/// When we may not look there.
pub(crate) fn look(path: &Path) -> Result<Found, Unreadable> {
    let stat = match rustix::fs::stat(path) {
        Ok(stat) => stat,
        Err(error @ (Errno::ACCESS | Errno::PERM | Errno::IO | Errno::STALE)) => {
            return Err(Unreadable::new(path, std::io::Error::from(error)));
        }
        Err(_) => return Ok(Found::Nothing),
    };
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            Found::File { stamp: FileStamp::of(&stat), is_executable: is_executable(&stat) }
        }
        FileType::Directory => Found::Directory,
        // As `/dev/stdin`: what comes from it counts as what it is.
        _ if is_standard(&stat) => Found::Nothing,
        FileType::Fifo => Found::Special("is a FIFO"),
        FileType::Socket => Found::Special("is a socket"),
        // There is never anything in it.
        FileType::CharacterDevice if is_null_device(&stat) => Found::Nothing,
        FileType::CharacterDevice | FileType::BlockDevice => Found::Special("is a device"),
        _ => Found::Special("is no regular file"),
    })
}

/// Whether it is what one of our standard descriptors leads to.
fn is_standard(stat: &rustix::fs::Stat) -> bool {
    let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let is_same = |it: rustix::fs::Stat| (it.st_dev, it.st_ino) == (stat.st_dev, stat.st_ino);
    standard.into_iter().any(|fd| rustix::fs::fstat(fd).is_ok_and(is_same))
}
