//! An offer while the command runs, and afterwards if another process still holds it.

use super::channel::{Channel, OfferEvent, Offered};
use super::gap::Gap;
use super::taken::Taken;
use crate::key::DigestBuilder;
use crate::runner::left_behind::{CLOSING_GRACE, serve_after_our_end};
use crate::stdin::Readiness;
use rustix::event::Timespec;
use rustix::pipe::{PipeFlags, pipe_with};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

/// How long to wait at first before looking whether the command has read, in nanoseconds.
const SHORTEST_WAIT: i64 = 20_000;

/// How long to wait at most. The wait grows while the command does not read.
const LONGEST_WAIT: i64 = 20_000_000;

/// What the thread reports when the command has ended.
pub(super) struct OfferReport {
    pub(super) taken: Taken,
    /// Goes on with the offer after this process has ended, if another process still holds it.
    pub(super) keep_offering: Option<Box<dyn FnOnce() + Send>>,
}

pub(super) struct Offering<C> {
    channel: C,
    ended: OwnedFd,
    /// Bytes that the command can take. They are still in our input too.
    offered: usize,
    bytes: u64,
    content: DigestBuilder,
    came: bool,
    is_at_end: bool,
}

impl<C: Channel> Offering<C> {
    pub(super) fn begin(
        channel: C,
        ended: OwnedFd,
    ) -> io::Result<(Receiver<Option<OfferReport>>, JoinHandle<()>)> {
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
            (true, _) => Readiness::Ended,
            (_, 0) => Readiness::Silent,
            _ => Readiness::Waiting,
        };
        let (sender, report) = mpsc::channel();
        // The receiver is gone if the command could not be started.
        let run = move || {
            if let Err(gap) = offering.run() {
                let _ = sender.send(None);
                offering.channel.copy(gap, &offering.ended);
            } else {
                let _ = sender.send(offering.report(first));
            }
        };
        let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(run)?;
        Ok((report, thread))
    }

    fn run(&mut self) -> Result<(), Gap> {
        let mut nanoseconds = SHORTEST_WAIT;
        loop {
            let timeout = Timespec { tv_sec: 0, tv_nsec: nanoseconds };
            let event = self.channel.wait(&self.ended, self.offered > 0, timeout);
            let event = event.map_err(|_| self.gap())?;
            let was_read = self.settle()?;
            nanoseconds =
                if was_read { SHORTEST_WAIT } else { (nanoseconds * 5 / 4).min(LONGEST_WAIT) };
            if event == OfferEvent::Over {
                return Ok(());
            }
            self.top_up().map_err(|_| self.gap())?;
        }
    }

    /// Bytes on offer are in both.
    fn gap(&self) -> Gap {
        Gap { not_given: Vec::new(), still_there: self.offered }
    }

    /// Takes from our input what the command took. Whether that was anything.
    fn settle(&mut self) -> Result<bool, Gap> {
        if self.offered == 0 {
            return Ok(false);
        }
        let unread = self.channel.unread().map_err(|_| self.gap())?;
        self.take_all_but(unread)
    }

    /// The same, where `unread` bytes were not taken.
    fn take_all_but(&mut self, unread: usize) -> Result<bool, Gap> {
        let taken = self.offered.saturating_sub(unread);
        self.offered -= taken;
        self.bytes += taken as u64;
        if taken > 0 {
            self.channel.consume(taken, self.offered, &mut self.content)?;
        }
        Ok(taken > 0)
    }

    /// Offers what waits in our input, or its end.
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

    /// What was taken; `None` if it cannot be told.
    fn report(mut self, first: Readiness) -> Option<OfferReport> {
        if let Some(unread) = self.channel.withdraw() {
            self.take_all_but(unread).ok()?;
            self.offered = 0;
        }
        let has_reader = self.channel.has_reader(CLOSING_GRACE);
        // A process that has just closed its end may have taken some before.
        if !has_reader {
            self.settle().ok()?;
        }
        let taken = self.taken(first);
        let keep_offering =
            has_reader.then(|| Box::new(|| self.keep_offering()) as Box<dyn FnOnce() + Send>);
        Some(OfferReport { taken, keep_offering })
    }

    fn taken(&mut self, first: Readiness) -> Taken {
        let left = if self.offered > 0 { Readiness::Waiting } else { Readiness::now(C::KIND) };
        Taken {
            bytes: self.bytes,
            digest: self.content.clone().finish(),
            first,
            came: self.came,
            left,
            was_written: self.channel.finish(),
        }
    }

    /// Offers what comes, after this process has ended, as long as a process can take it.
    #[allow(unsafe_code)]
    fn keep_offering(mut self) {
        let Ok((never, running)) = pipe_with(PipeFlags::CLOEXEC) else { return };
        self.ended = never;
        let mut kept = self.channel.descriptors();
        kept.extend([&self.ended, &running].map(AsRawFd::as_raw_fd));
        kept.push(libc::STDIN_FILENO);
        // SAFETY: the thread that had the offer has ended, and no other descriptor is used.
        unsafe {
            serve_after_our_end(kept, || {
                if let Err(gap) = self.run() {
                    self.channel.copy(gap, &self.ended);
                } else {
                    self.channel.finish();
                }
            });
        }
    }
}
