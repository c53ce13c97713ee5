//! A standard input for a run in the background, in place of that of the call.

use super::{FileRange, FromOffset, Held, PipeState, Stdin, unnamed};
use crate::entry::{Condition, Kind};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a run gets that is to renew the result for some condition: the same content, from the same
/// kind of thing.
#[derive(Debug)]
pub struct StandIn {
    directory: PathBuf,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Nothing,
    Held(Held),
    /// A pipe with this in it.
    Pipe(Vec<u8>),
    /// A file with this in it.
    File(Vec<u8>),
    /// A file with the same in it.
    Same(OwnedFd, FileRange),
}

/// Something that can be left unread, which is to be shown again.
const UNREAD: &[u8] = b"\n";

impl StandIn {
    /// Takes from `stdin` what the command took when this condition was recorded, and keeps it.
    ///
    /// # Errors
    /// When it cannot be kept; it is taken nevertheless.
    pub fn take(stdin: Stdin, condition: Condition, directory: &Path) -> io::Result<Self> {
        let is_pipe = matches!(stdin, Stdin::Pipe(_));
        let source = match (stdin, condition) {
            (_, Condition::StdinAbsent) => Source::Nothing,
            (_, Condition::StdinEmpty(Kind::Pipe)) => Source::Pipe(Vec::new()),
            (_, Condition::StdinEmpty(Kind::File)) => Source::File(Vec::new()),
            (_, Condition::StdinUnread) if is_pipe => Source::Pipe(UNREAD.to_vec()),
            (_, Condition::StdinUnread) => Source::File(UNREAD.to_vec()),
            (Stdin::Held(held), Condition::Stdin { .. }) => Source::Held(held),
            (Stdin::Pipe(PipeState::Known { .. }), Condition::Stdin { length, .. }) => {
                // No longer than a pipe.
                let mut content = Vec::new();
                io::stdin().lock().take(length).read_to_end(&mut content)?;
                Source::Held(Held::copy(content.as_slice(), unnamed(directory)?)?)
            }
            (stdin, Condition::Stdin { .. }) => {
                stdin.take(condition);
                let Stdin::File(range) = stdin else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                Source::Same(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?, range)
            }
        };
        Ok(Self { directory: directory.to_owned(), source })
    }

    /// The descriptor that it needs, if any.
    #[must_use]
    pub fn descriptor(&self) -> Option<RawFd> {
        match &self.source {
            Source::Held(held) => Some(held.file.as_raw_fd()),
            Source::Same(file, _) => Some(file.as_raw_fd()),
            _ => None,
        }
    }

    /// In the new process: becomes its standard input.
    ///
    /// # Errors
    /// As the system.
    pub fn become_stdin(self) -> io::Result<Stdin> {
        let stdin: OwnedFd = match self.source {
            Source::Nothing => return Ok(Stdin::Absent),
            Source::Held(held) => return Ok(Stdin::Held(held)),
            Source::Pipe(content) => {
                let (read, mut write) = io::pipe()?;
                write.write_all(&content)?;
                read.into()
            }
            Source::File(content) => {
                let file = unnamed(&self.directory)?;
                file.write_all_at(&content, 0)?;
                file.into()
            }
            Source::Same(file, range) => {
                let length = range.stamp.size.saturating_sub(range.start);
                let content = FromOffset { file: &File::from(file), offset: range.start };
                let mut copy = unnamed(&self.directory)?;
                io::copy(&mut content.take(length), &mut copy)?;
                io::Seek::rewind(&mut copy)?;
                copy.into()
            }
        };
        rustix::stdio::dup2_stdin(&stdin)?;
        Ok(Stdin::survey())
    }
}
