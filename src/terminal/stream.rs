//! Our two output streams, and writing to them.

use crate::poll::poll_one;
use rustix::event::PollFlags;
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// One of the two output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The bytes written to each stream.
static WRITTEN: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

impl Stream {
    /// Our descriptor of the stream.
    pub fn fd(self) -> BorrowedFd<'static> {
        match self {
            Self::Stdout => rustix::stdio::stdout(),
            Self::Stderr => rustix::stdio::stderr(),
        }
    }

    /// Whether it is a terminal.
    pub fn is_terminal(self) -> bool {
        rustix::termios::isatty(self.fd())
    }

    /// Whether it is a terminal that may show colours.
    pub fn shows_colours(self) -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        self.is_terminal() && !is_dumb && !is_set("NO_COLOR")
    }

    /// Whether it is the null device and open for writing, so that nothing written there has an effect.
    pub fn leads_nowhere(self) -> bool {
        let fd = self.fd();
        rustix::fs::fstat(fd).is_ok_and(|stat| is_null_device(&stat))
            && rustix::fs::fcntl_getfl(fd).is_ok_and(|it| it & OFlags::RWMODE != OFlags::RDONLY)
    }

    /// Whether the command has to write to it directly, since only its own write shows the result: it is a device that is
    /// neither a terminal nor the null device, or it is open for reading only.
    pub fn takes_only_own_writes(self) -> bool {
        let fd = self.fd();
        let Ok(stat) = rustix::fs::fstat(fd) else { return false };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::CharacterDevice => !self.is_terminal() && !self.leads_nowhere(),
            FileType::BlockDevice => true,
            _ => rustix::fs::fcntl_getfl(fd).is_ok_and(|it| it & OFlags::RWMODE == OFlags::RDONLY),
        }
    }

    /// How many bytes [`write_all`](Self::write_all) has written to it.
    pub fn written(self) -> u64 {
        WRITTEN[self as usize].load(Ordering::Relaxed)
    }

    /// Writes every byte, unbuffered, also to a non-blocking descriptor.
    ///
    /// # Errors
    /// When a system call fails; with `BrokenPipe` when the reader has gone away.
    pub fn write_all(self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(self.fd(), bytes) {
                Ok(written) => {
                    WRITTEN[self as usize].fetch_add(written as u64, Ordering::Relaxed);
                    bytes = &bytes[written..];
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => _ = poll_one(self.fd(), PollFlags::OUT, None)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Whether this is the null device, by whatever name.
pub fn is_null_device(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && rustix::fs::stat(c"/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev)
}
