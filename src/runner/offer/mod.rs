//! Offering a pipe or a socket to the command, and seeing how much it takes.
//!
//! What waits in our standard input is put into a pipe or a socket of the command's own as well. What is
//! missing from that later was taken, and only that is then taken from ours. A thread of its own does this:
//! it has to look again and again, since no event tells that somebody read.
//!
//! When something goes wrong the command still gets all that comes: from then on it is copied, and the
//! result is not stored.

mod carried;
mod gap;
mod pipe;
mod socket;

use super::Unrecorded;
use super::launch::Standard;
use super::pump::GRACE;
use crate::entry::{Condition, Kind};
use crate::key::{Digest, DigestBuilder};
use crate::stdin::{Look, SOCKET_LIMIT};
use carried::Held;
use gap::Gap;
use pipe::PipeOffer;
use rustix::event::Timespec;
use rustix::pipe::{PipeFlags, pipe_with};
use socket::SocketOffer;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

/// An offer that is under way.
pub(super) struct Offer {
    kind: Kind,
    told: Receiver<Option<Told>>,
    thread: JoinHandle<()>,
    /// Closed at the end of the command.
    running: OwnedFd,
}

/// What there is to tell when the command has ended.
struct Told {
    taken: Taken,
    /// The offer, where somebody still holds it.
    held: Option<Box<dyn Held>>,
}

/// What the command took.
struct Taken {
    bytes: u64,
    digest: Digest,
    /// What was there at the first moment.
    first: Look,
    /// Whether there was ever something to take.
    came: bool,
    /// What was left when the command ended.
    left: Look,
    /// Whether the command wrote to it.
    was_written: bool,
}

impl Offer {
    /// Begins to offer what comes, and gives what the command is to have as its standard input. It holds
    /// what is there already when this returns.
    ///
    /// # Errors
    /// When it cannot be offered; nothing was taken.
    pub(super) fn begin(kind: Kind) -> io::Result<(Standard, Self)> {
        let (ended, running) = pipe_with(PipeFlags::CLOEXEC)?;
        let (theirs, (told, thread)) = if kind == Kind::Socket {
            let (theirs, offer) = SocketOffer::new()?;
            (theirs, Offering::begin(offer, ended)?)
        } else {
            let (theirs, offer) = PipeOffer::new()?;
            (theirs, Offering::begin(offer, ended)?)
        };
        Ok((Standard::Given(theirs), Self { kind, told, thread, running }))
    }

    /// Ends the offer after the command has ended, and tells what its result holds for.
    pub(super) fn end(self) -> Result<Condition, Unrecorded> {
        drop(self.running);
        let told = self.told.recv().ok().flatten().ok_or(Unrecorded::StdinUnknown)?;
        let Some(held) = told.held else { return told.taken.condition(self.kind) };
        // It has told all that it had to tell.
        let _ = self.thread.join();
        held.keep_offering();
        Err(Unrecorded::StdinHeld)
    }
}

impl Taken {
    fn condition(self, kind: Kind) -> Result<Condition, Unrecorded> {
        if self.was_written {
            return Err(Unrecorded::StdinWritten);
        }
        match (self.bytes, self.first, self.left) {
            (0, Look::Ended, _) => Ok(Condition::StdinEmpty(kind)),
            (0, Look::Waiting, Look::Waiting) => Ok(Condition::StdinUnread),
            (0, Look::Silent, Look::Silent) if !self.came => Ok(Condition::StdinSilent(kind)),
            // Whether it looked for input while there was none cannot be told.
            (0, ..) => Err(Unrecorded::StdinUnknown),
            (length, _, Look::Ended) if kind == Kind::Pipe || length <= SOCKET_LIMIT => {
                Ok(Condition::Stdin { kind, digest: self.digest, length })
            }
            (_, _, Look::Ended) => Err(Unrecorded::StdinLong),
            _ => Err(Unrecorded::StdinPart),
        }
    }
}

/// A way to offer what waits in our standard input.
trait Channel: Send + 'static {
    const KIND: Kind;

    /// Offers what waits in ours. Nothing must be on offer when it is called.
    fn offer(&mut self) -> io::Result<Offered>;

    /// How much of what is on offer the command has not taken.
    fn unread(&self) -> io::Result<usize>;

    /// Takes so much of what was offered from ours, which should be the same; gives it to `content`. So
    /// much stays on offer.
    fn consume(
        &mut self,
        count: usize,
        rest: usize,
        content: &mut DigestBuilder,
    ) -> Result<(), Gap>;

    /// Waits until there is something to do, but no longer than that while `some` bytes are on offer.
    fn wait(&mut self, ended: &OwnedFd, some: bool, timeout: Timespec) -> io::Result<Event>;

    /// Takes back what is on offer now that the command has ended, where that can be done; how much that was.
    fn withdraw(&mut self) -> Option<usize> {
        None
    }

    /// Whether somebody can still take what is offered after that. One that is about to let go has so long for it.
    fn is_held(&self, grace: Duration) -> bool;

    /// What another process needs to go on with it.
    fn descriptors(&self) -> Vec<RawFd>;

    /// Does what has to be done when the command has ended. Whether the command wrote to it.
    fn finish(&mut self) -> bool;

    /// Gives the command what comes without looking what it takes.
    fn copy(self, gap: Gap, ended: &OwnedFd);
}

/// What came of an attempt to offer something.
enum Offered {
    /// So many bytes are on offer.
    Some(usize),
    /// Nothing has come yet.
    Nothing,
    /// There will be nothing more, which the command sees.
    End,
}

/// What there is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    /// To look again.
    Look,
    /// Nothing any more: the command has ended, or closed its input.
    Over,
}

struct Offering<C> {
    channel: C,
    ended: OwnedFd,
    /// Bytes that the command can take and that are still in ours too.
    offered: usize,
    bytes: u64,
    content: DigestBuilder,
    came: bool,
    is_at_end: bool,
}

impl<C: Channel> Offering<C> {
    fn begin(channel: C, ended: OwnedFd) -> io::Result<(Receiver<Option<Told>>, JoinHandle<()>)> {
        let mut offering = Self {
            channel,
            ended,
            offered: 0,
            bytes: 0,
            content: DigestBuilder::default(),
            came: false,
            is_at_end: false,
        };
        offering.top_up()?;
        let first = match (offering.is_at_end, offering.offered) {
            (true, _) => Look::Ended,
            (_, 0) => Look::Silent,
            _ => Look::Waiting,
        };
        let (tell, told) = mpsc::channel();
        // Nobody listens if the command could not be started.
        let run = move || {
            if let Err(gap) = offering.run() {
                let _ = tell.send(None);
                offering.channel.copy(gap, &offering.ended);
            } else {
                let _ = tell.send(offering.tell(first));
            }
        };
        let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(run)?;
        Ok((told, thread))
    }

    fn run(&mut self) -> Result<(), Gap> {
        let mut patience = Patience::default();
        loop {
            let event = self.channel.wait(&self.ended, self.offered > 0, patience.timeout());
            let event = event.map_err(|_| self.gap())?;
            if self.settle()? {
                patience = Patience::default();
            } else {
                patience.grow();
            }
            if event == Event::Over {
                return Ok(());
            }
            self.top_up().map_err(|_| self.gap())?;
        }
    }

    /// What is on offer is in both.
    fn gap(&self) -> Gap {
        Gap { unseen: Vec::new(), twice: self.offered }
    }

    /// Takes from ours what the command took; whether that was anything.
    fn settle(&mut self) -> Result<bool, Gap> {
        if self.offered == 0 {
            return Ok(false);
        }
        let unread = self.channel.unread().map_err(|_| self.gap())?;
        self.take_all_but(unread)
    }

    /// The same where so much was not taken.
    fn take_all_but(&mut self, unread: usize) -> Result<bool, Gap> {
        let taken = self.offered.saturating_sub(unread);
        self.offered -= taken;
        self.bytes += taken as u64;
        if taken > 0 {
            self.channel.consume(taken, self.offered, &mut self.content)?;
        }
        Ok(taken > 0)
    }

    /// Offers what waits in ours, or the end of it.
    fn top_up(&mut self) -> io::Result<()> {
        if self.offered > 0 || self.is_at_end {
            return Ok(());
        }
        match self.channel.offer()? {
            Offered::Some(count) => {
                self.offered = count;
                self.came = true;
            }
            Offered::Nothing => {}
            Offered::End => self.is_at_end = true,
        }
        Ok(())
    }

    /// What there is to tell; nothing if it cannot be told.
    fn tell(mut self, first: Look) -> Option<Told> {
        if let Some(unread) = self.channel.withdraw() {
            self.take_all_but(unread).ok()?;
            self.offered = 0;
        }
        let is_held = self.channel.is_held(GRACE);
        // Whoever let go just now may have taken some.
        if !is_held {
            self.settle().ok()?;
        }
        let taken = self.taken(first);
        let held = is_held.then(|| Box::new(self) as Box<dyn Held>);
        Some(Told { taken, held })
    }

    fn taken(&mut self, first: Look) -> Taken {
        let left = if self.offered > 0 { Look::Waiting } else { Look::now(C::KIND) };
        Taken {
            bytes: self.bytes,
            digest: self.content.clone().finish(),
            first,
            came: self.came,
            left,
            was_written: self.channel.finish(),
        }
    }
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
