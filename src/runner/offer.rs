//! Offering a pipe to the command, and seeing how much it takes.
//!
//! What waits in our standard input is duplicated with `tee` into a pipe of the command's own. What
//! is missing from that pipe later was taken, and only that is then taken from ours. A thread of
//! its own does this: it has to look again and again, since no event tells that somebody read.

use super::Unrecorded;
use crate::entry::{Condition, Kind};
use crate::key::{Digest, DigestBuilder};
use crate::stdin::Look;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, pipe_with, splice, tee};
use std::io;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

/// An offer that is under way.
pub(super) struct Offer {
    thread: JoinHandle<Taken>,
    /// Closed at the end of the command.
    running: OwnedFd,
}

/// What the command took.
struct Taken {
    bytes: u64,
    digest: Option<Digest>,
    /// What was left when the command ended.
    left: Look,
    /// What was there at the first moment.
    first: Look,
}

impl Offer {
    /// Begins to offer through `pipe`, which holds what is there already when this returns.
    pub(super) fn begin(pipe: OwnedFd) -> io::Result<Self> {
        let (ended, running) = pipe_with(PipeFlags::CLOEXEC)?;
        let private = || pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK);
        let mut offering = Offering {
            pipe: Some(pipe),
            ended,
            copy: private()?,
            taken: private()?,
            offered: 0,
            bytes: 0,
            content: DigestBuilder::default(),
            went_wrong: false,
        };
        offering.top_up();
        let first = match (&offering.pipe, offering.offered) {
            (None, _) => Look::Ended,
            (_, 0) => Look::Silent,
            _ => Look::Waiting,
        };
        let thread = std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || offering.run(first))?;
        Ok(Self { thread, running })
    }

    /// Ends the offer after the command has ended, and tells what its result holds for.
    pub(super) fn end(self) -> Result<Condition, Unrecorded> {
        drop(self.running);
        let taken = self.thread.join().map_err(|_| Unrecorded::StdinUnknown)?;
        let Some(digest) = taken.digest else { return Err(Unrecorded::StdinUnknown) };
        match (taken.bytes, taken.first, taken.left) {
            (0, Look::Ended, _) => Ok(Condition::StdinEmpty(Kind::Pipe)),
            (0, Look::Waiting, Look::Waiting) => Ok(Condition::StdinUnread),
            // Whether it looked for input while there was none cannot be told.
            (0, ..) => Err(Unrecorded::StdinUnknown),
            (length, _, Look::Ended) => Ok(Condition::Stdin { kind: Kind::Pipe, digest, length }),
            _ => Err(Unrecorded::StdinPart),
        }
    }
}

struct Offering {
    /// Our end of the command's standard input, while more may come.
    pipe: Option<OwnedFd>,
    ended: OwnedFd,
    /// What was offered and not taken yet, as it was: somebody else may read ours.
    copy: (OwnedFd, OwnedFd),
    /// What was taken goes through here to be seen.
    taken: (OwnedFd, OwnedFd),
    /// Bytes in the command's pipe that are still in ours too.
    offered: usize,
    bytes: u64,
    content: DigestBuilder,
    /// Somebody else took what we had offered: nothing is sure any more.
    went_wrong: bool,
}

/// What `tee` can duplicate at once: a full pipe.
const FULL: usize = 1 << 20;

impl Offering {
    fn run(mut self, first: Look) -> Taken {
        let mut patience = Patience::default();
        while self.pipe.is_some() && !self.wait(&patience) {
            if self.settle() {
                patience = Patience::default();
            } else {
                patience.grow();
            }
            if self.offered == 0 {
                self.top_up();
            }
        }
        self.settle();
        let left = if self.offered > 0 { Look::Waiting } else { Look::now() };
        let digest = (!self.went_wrong).then(|| self.content.finish());
        Taken { bytes: self.bytes, digest, left, first }
    }

    /// Waits for something to do; whether the command has ended or closed its input.
    fn wait(&self, patience: &Patience) -> bool {
        let Some(pipe) = &self.pipe else { return true };
        let stdin = rustix::stdio::stdin();
        let mut fds = [
            PollFd::new(&self.ended, PollFlags::empty()),
            PollFd::new(pipe, PollFlags::empty()),
            PollFd::from_borrowed_fd(stdin, PollFlags::IN),
        ];
        // As long as something is offered ours stays readable; only time can tell.
        let (fds, timeout) = if self.offered > 0 {
            (&mut fds[..2], Some(patience.timeout()))
        } else {
            (&mut fds[..], None)
        };
        match poll(fds, timeout.as_ref()) {
            Ok(_) => fds[..2].iter().any(|fd| !fd.revents().is_empty()),
            Err(error) => error != Errno::INTR,
        }
    }

    /// Takes from ours what was taken from the command's pipe; whether that was anything.
    fn settle(&mut self) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        let unread = rustix::io::ioctl_fionread(pipe).unwrap_or(0);
        let unread = usize::try_from(unread).unwrap_or(usize::MAX);
        let taken = self.offered.saturating_sub(unread);
        self.offered -= taken;
        self.bytes += taken as u64;
        if taken > 0 && self.consume(taken).is_err() {
            self.went_wrong = true;
        }
        taken > 0
    }

    /// Takes so much from ours, which should be what was offered.
    fn consume(&mut self, mut count: usize) -> io::Result<()> {
        let (mut offered, mut taken) = ([0; 16 << 10], [0; 16 << 10]);
        while count > 0 {
            let stdin = rustix::stdio::stdin();
            let wanted = count.min(taken.len());
            let moved = splice(stdin, None, &self.taken.1, None, wanted, SpliceFlags::NONBLOCK)?;
            if moved == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            count -= moved;
            read_exactly(&self.taken.0, &mut taken[..moved])?;
            read_exactly(&self.copy.0, &mut offered[..moved])?;
            self.content.update(&offered[..moved]);
            if offered[..moved] != taken[..moved] {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(())
    }

    /// Offers what waits in ours, or the end of it.
    fn top_up(&mut self) {
        let Some(pipe) = &self.pipe else { return };
        // The copy first, and what is offered from it: so the two are the same whatever happens.
        match tee(rustix::stdio::stdin(), &self.copy.1, FULL, SpliceFlags::NONBLOCK) {
            Ok(0) => self.pipe = None,
            Ok(count) => match tee(&self.copy.0, pipe, FULL, SpliceFlags::NONBLOCK) {
                Ok(offered) if offered == count => self.offered = count,
                _ => {
                    self.went_wrong = true;
                    self.pipe = None;
                }
            },
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => {
                self.went_wrong = true;
                self.pipe = None;
            }
        }
    }
}

fn read_exactly(pipe: &OwnedFd, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        let count = rustix::io::read(pipe, &mut *buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[count..];
    }
    Ok(())
}

/// How long to wait before looking again.
struct Patience(i64);

impl Default for Patience {
    fn default() -> Self {
        Self(20_000)
    }
}

impl Patience {
    const LONGEST: i64 = 20_000_000;

    fn grow(&mut self) {
        self.0 = (self.0 * 5 / 4).min(Self::LONGEST);
    }

    fn timeout(&self) -> Timespec {
        Timespec { tv_sec: 0, tv_nsec: self.0 }
    }
}
