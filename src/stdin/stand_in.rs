//! A standard input for a run in the background, in place of that of the call.

use super::{FromOffset, Held, PipeState, Stdin};
use crate::entry::Condition;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What a run gets that is to renew the result for some condition.
#[derive(Debug)]
pub struct StandIn {
    /// To become the new process's standard input.
    pub file: OwnedFd,
    held: Option<Held>,
}

impl StandIn {
    /// Takes from `stdin` what the command took when this condition was recorded, and keeps it.
    ///
    /// # Errors
    /// When it cannot be kept; it is taken nevertheless.
    pub fn take(stdin: Stdin, condition: Condition, directory: &Path) -> io::Result<Self> {
        let mut piped = Vec::new();
        if let (Stdin::Pipe(PipeState::Known { .. }), Condition::Stdin { length, .. }) =
            (&stdin, condition)
        {
            // No longer than a pipe.
            io::stdin().lock().take(length).read_to_end(&mut piped)?;
        } else {
            stdin.take(condition);
        }
        let unnamed = || tempfile::tempfile_in(directory).or_else(|_| tempfile::tempfile());
        let null = || {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            rustix::fs::open("/dev/null", flags, Mode::empty())
        };
        let (file, held) = match (condition, stdin) {
            (Condition::StdinAbsent, _) => (null()?, None),
            (Condition::StdinEmpty, _) => (unnamed()?.into(), None),
            (Condition::StdinUnread, _) => {
                // Something that can be left unread, which is to be shown again.
                let file = unnamed()?;
                file.write_all_at(b"\n", 0)?;
                (file.into(), None)
            }
            (Condition::Stdin { .. }, Stdin::Held(held)) => (null()?, Some(held)),
            (Condition::Stdin { length, .. }, Stdin::File(range)) => {
                let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
                let content = FromOffset { file: &File::from(stdin), offset: range.start };
                (null()?, Some(Held::copy(content.take(length), unnamed()?)?))
            }
            (Condition::Stdin { .. }, _) => {
                (null()?, Some(Held::copy(piped.as_slice(), unnamed()?)?))
            }
        };
        Ok(Self { file, held })
    }

    /// In the new process: what it has now.
    #[must_use]
    pub fn into_stdin(self) -> Stdin {
        self.held.map_or_else(Stdin::survey, Stdin::Held)
    }
}
