//! Standard input for a run in the background, which cannot use that of the call.

use super::buffered::Buffered;
use super::file::{FromOffset, OpenFile};
use super::reading::take;
use super::state::Stdin;
use super::stream::StreamState;
use crate::entry::{Condition, StdinKind};
use rustix::fs::{SeekFrom, seek};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, tempfile_in};

/// Standard input for a run that renews a result: the content that the result was stored for, from the same kind of
/// file.
#[derive(Debug)]
pub struct StandIn {
    directory: PathBuf,
    source: StandInSource,
}

#[derive(Debug)]
enum StandInSource {
    /// Input that can be used as it is.
    Ready(Stdin),
    /// A pipe or a socket that has this content and then ends, or that stays open and silent if there is none.
    Stream(StdinKind, Option<Vec<u8>>),
    /// The same file at the same offset.
    File(OwnedFd, OpenFile),
}

/// Input for a command that is expected to leave it unread again.
const UNREAD: &[u8] = b"\n";

impl StandIn {
    /// Takes from `stdin` what the command took when this condition was recorded, and keeps it.
    ///
    /// # Errors
    /// When the content cannot be kept. It has been taken all the same.
    pub fn take(stdin: Stdin, condition: Condition, directory: &Path) -> io::Result<Self> {
        let source = match (stdin, condition) {
            (_, Condition::StdinAbsent | Condition::StdinUntouched) => {
                StandInSource::Ready(Stdin::Absent)
            }
            (_, Condition::StdinClosed) => StandInSource::Ready(Stdin::Closed),
            (_, Condition::StdinSilent(kind)) => StandInSource::Stream(kind, None),
            (_, Condition::StdinEmpty(kind)) => StandInSource::Stream(kind, Some(Vec::new())),
            (_, Condition::StdinUnread) => {
                StandInSource::Stream(StdinKind::Pipe, Some(UNREAD.to_vec()))
            }
            (stdin @ Stdin::Buffered(_), Condition::Stdin { .. }) => StandInSource::Ready(stdin),
            (Stdin::Stream(kind, StreamState::Known { length, .. }), Condition::Stdin { .. }) => {
                // The content fits into a pipe.
                let mut content = Vec::new();
                take(length, &mut content)?;
                if kind == StdinKind::Socket {
                    StandInSource::Stream(kind, Some(content))
                } else {
                    let buffered = Buffered::copy(content.as_slice(), tempfile_in(directory)?)?;
                    StandInSource::Ready(Stdin::Buffered(buffered))
                }
            }
            (stdin, Condition::StdinFile { .. }) => {
                stdin.take(condition);
                let Stdin::File(file) = stdin else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                StandInSource::File(rustix::stdio::stdin().try_clone_to_owned()?, file)
            }
            (_, Condition::Stdin { .. }) => return Err(io::ErrorKind::InvalidInput.into()),
        };
        Ok(Self { directory: directory.to_owned(), source })
    }

    /// The descriptor that has to stay open for it, if any.
    pub fn descriptor(&self) -> Option<RawFd> {
        match &self.source {
            StandInSource::Ready(Stdin::Buffered(buffered)) => Some(buffered.descriptor()),
            StandInSource::File(file, _) => Some(file.as_raw_fd()),
            _ => None,
        }
    }

    /// Makes it the standard input of this process, which is the one in the background.
    ///
    /// # Errors
    /// When a system call fails.
    pub fn become_stdin(self) -> io::Result<Stdin> {
        let stdin: OwnedFd = match self.source {
            StandInSource::Ready(stdin) => return Ok(stdin),
            StandInSource::Stream(kind, content) => {
                let (read, write) = pair(kind)?;
                match content {
                    Some(content) => File::from(write).write_all(&content)?,
                    // The other end stays open until this process ends.
                    None => std::mem::forget(write),
                }
                read
            }
            StandInSource::File(file, before) => reopened(&file, &before, &self.directory)?,
        };
        rustix::stdio::dup2_stdin(&stdin)?;
        Ok(Stdin::survey())
    }
}

/// A pipe or a socket: the end to read from, and the end to write to.
fn pair(kind: StdinKind) -> io::Result<(OwnedFd, OwnedFd)> {
    if kind == StdinKind::Socket {
        let (read, write) = UnixStream::pair()?;
        return Ok((read.into(), write.into()));
    }
    let (read, write) = io::pipe()?;
    Ok((read.into(), write.into()))
}

/// Opens the file again, with an offset of its own: the caller goes on to use the offset of the inherited descriptor.
fn reopened(file: &OwnedFd, before: &OpenFile, directory: &Path) -> io::Result<OwnedFd> {
    let opened = if before.is_writable() { None } else { open_again(file) };
    let file = match opened {
        Some(file) => file,
        None => copied(file, before, directory)?,
    };
    seek(&file, SeekFrom::Start(before.start))?;
    Ok(file)
}

#[cfg(target_os = "linux")]
fn open_again(file: &OwnedFd) -> Option<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::open(path).ok().map(OwnedFd::from)
}

/// On other systems the new descriptor would share the offset.
#[cfg(not(target_os = "linux"))]
fn open_again(_: &OwnedFd) -> Option<OwnedFd> {
    None
}

fn copied(file: &OwnedFd, before: &OpenFile, directory: &Path) -> io::Result<OwnedFd> {
    if before.is_large() {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let content = File::from(file.try_clone()?);
    let mut copy = NamedTempFile::new_in(directory)?;
    io::copy(&mut FromOffset { file: &content, offset: 0 }, &mut copy)?;
    // The copy has the access mode of the original, and its name is removed here.
    Ok(if before.is_writable() { copy.into_file() } else { File::open(copy.path())? }.into())
}
