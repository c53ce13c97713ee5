//! An offer while the command runs, and afterwards as long as another process still holds it.

use super::channel::Channel;
use super::gap::Gap;
use super::taken::Taken;
use crate::entry::Condition;
use crate::key::DigestBuilder;
use crate::poll::poll_one;
use crate::process::in_new_process_with;
use crate::runner::error::Unrecorded;
use crate::runner::left_behind::{CLOSING_GRACE, hangs_up};
use crate::stdin::Readiness;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

/// How long to wait at first before looking whether the command has read, in nanoseconds.
const SHORTEST_WAIT: i64 = 20_000;

/// How long to wait at most. The wait grows while the command does not read.
const LONGEST_WAIT: i64 = 20_000_000;

/// Bytes that are on offer at once.
const PIECE: usize = 64 << 10;

/// The report of the thread when the command has ended.
pub(super) struct OfferReport {
    pub(super) condition: Result<Condition, Unrecorded>,
    /// Continues the offer after this process has ended, if another process still holds it.
    pub(super) keep_offering: Option<Box<dyn FnOnce() + Send>>,
}

pub(super) struct Offering<C> {
    channel: C,
    ended: OwnedFd,
    /// Bytes that the command can take. They are still in our input too.
    offered: Vec<u8>,
    bytes: u64,
    content: DigestBuilder,
    came: bool,
    is_at_end: bool,
}

impl<C: Channel> Offering<C> {
    pub(super) fn begin(
        channel: C,
        ended: OwnedFd,
    ) -> io::Result<(Receiver<OfferReport>, JoinHandle<()>)> {
        let mut offering = Self {
            channel,
            ended,
            offered: Vec::new(),
            bytes: 0,
            content: DigestBuilder::default(),
            came: false,
            is_at_end: false,
        };
        offering.top_up()?;
        let first = match (offering.is_at_end, offering.came) {
            (true, _) => Readiness::Ended,
            (_, true) => Readiness::Waiting,
            _ => Readiness::Silent,
        };
        let (sender, report) = mpsc::channel();
        // The receiver is gone if the command could not be started.
        let run = move || match offering.run() {
            Ok(()) => _ = offering.report(first).map(|report| sender.send(report)),
            Err(gap) => {
                drop(sender);
                offering.copy(gap);
            }
        };
        let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(run)?;
        Ok((report, thread))
    }

    fn run(&mut self) -> Result<(), Gap> {
        let mut nanoseconds = SHORTEST_WAIT;
        loop {
            // While bytes are on offer our input stays readable, so only a timeout helps.
            let timeout = Timespec { tv_sec: 0, tv_nsec: nanoseconds };
            let timeout = Some(&timeout).filter(|_| !self.offered.is_empty());
            let wants_input = self.offered.is_empty() && !self.is_at_end;
            let is_over = self.wait(wants_input, timeout).map_err(|_| self.gap())?;
            let was_read = self.settle()?;
            nanoseconds =
                if was_read { SHORTEST_WAIT } else { (nanoseconds * 5 / 4).min(LONGEST_WAIT) };
            if is_over {
                return Ok(());
            }
            self.top_up().map_err(|_| self.gap())?;
        }
    }

    /// Waits until there is something to do. Returns whether the offer is over: the command has ended, or has closed
    /// its input.
    fn wait(&mut self, wants_input: bool, timeout: Option<&Timespec>) -> Result<bool, Errno> {
        let Some(ours) = self.channel.ours() else { return Ok(true) };
        let (of_ours, of_stdin) = self.channel.interests(wants_input);
        let mut fds = [
            PollFd::new(&self.ended, PollFlags::empty()),
            PollFd::new(ours, of_ours),
            PollFd::from_borrowed_fd(rustix::stdio::stdin(), of_stdin),
        ];
        // A descriptor that has hung up would end each wait at once.
        let watched = if of_stdin.is_empty() { 2 } else { 3 };
        match poll(&mut fds[..watched], timeout) {
            Err(Errno::INTR) => return Ok(false),
            polled => _ = polled?,
        }
        if !fds[0].revents().is_empty() || self.channel.is_closed(fds[1].revents()) {
            return Ok(true);
        }
        self.channel.pass_back();
        Ok(false)
    }

    /// The gap if offering stops now: the bytes on offer are still in our input as well.
    fn gap(&self) -> Gap {
        Gap { not_given: Vec::new(), still_there: self.offered.len() }
    }

    /// Takes from our input the bytes that the command took. Returns whether it took any.
    fn settle(&mut self) -> Result<bool, Gap> {
        if self.offered.is_empty() {
            return Ok(false);
        }
        let unread = self.channel.unread(self.offered.len()).map_err(|_| self.gap())?;
        self.take_all_but(unread)
    }

    /// Takes from our input the bytes that the command took, if it left `unread` bytes.
    fn take_all_but(&mut self, unread: usize) -> Result<bool, Gap> {
        let count = self.offered.len().saturating_sub(unread);
        let (mut taken, mut done) = (vec![0; count], 0);
        // Fewer bytes were taken if another process was faster.
        while done < count
            && let Ok(more @ 1..) = self.channel.take(&mut taken[done..])
        {
            done += more;
        }
        self.bytes += count as u64;
        self.content.update(&self.offered[..count]);
        if self.offered[..count] != taken[..done] {
            return Err(Gap::between(&self.offered, count, &taken[..done]));
        }
        self.offered.drain(..count);
        Ok(count > 0)
    }

    /// Offers the bytes that wait in our input, or its end.
    fn top_up(&mut self) -> Result<(), Errno> {
        if !self.offered.is_empty() || self.is_at_end {
            return Ok(());
        }
        let mut waiting = vec![0; PIECE];
        match self.channel.peek(&mut waiting) {
            Ok(0) => {
                self.channel.show_end();
                self.is_at_end = true;
            }
            Ok(count) => match self.channel.give(&waiting[..count]) {
                Ok(given) => {
                    waiting.truncate(given);
                    self.offered = waiting;
                    self.came = true;
                }
                // The next wait will find that nobody reads.
                Err(Errno::PIPE) => {}
                Err(error) => return Err(error),
            },
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The input that the command took; `None` if it cannot be known.
    fn report(mut self, first: Readiness) -> Option<OfferReport> {
        if let Some(unread) = self.channel.withdraw() {
            self.take_all_but(unread).ok()?;
            self.offered.clear();
        }
        let has_reader = self.channel.ours().is_some_and(|ours| !hangs_up(ours, CLOSING_GRACE));
        if has_reader {
            self.channel.finish();
            let condition = Err(Unrecorded::StdinLeftBehind);
            return Some(OfferReport {
                condition,
                keep_offering: Some(Box::new(|| self.keep_offering())),
            });
        }
        // A process that has just closed its end may have taken some before.
        self.settle().ok()?;
        Some(OfferReport { condition: self.taken(first).condition(C::KIND), keep_offering: None })
    }

    fn taken(mut self, first: Readiness) -> Taken {
        let has_more = !self.offered.is_empty();
        Taken {
            bytes: self.bytes,
            digest: self.content.finish(),
            first,
            came: self.came,
            left: if has_more { Readiness::Waiting } else { Readiness::now(C::KIND) },
            was_written: self.channel.finish(),
        }
    }

    /// Offers input after this process has ended, as long as a process can take it.
    #[allow(unsafe_code)]
    fn keep_offering(mut self) {
        let Ok((never, running)) = io::pipe() else { return };
        self.ended = never.into();
        let mut kept = self.channel.descriptors();
        kept.extend([self.ended.as_raw_fd(), running.as_raw_fd(), libc::STDIN_FILENO]);
        // SAFETY: the thread that had the offer has ended, and no other descriptor is used.
        let serving = unsafe {
            in_new_process_with(kept, || match self.run() {
                Ok(()) => _ = self.channel.finish(),
                Err(gap) => self.copy(gap),
            })
        };
        // If no process can be made, the rest of the input is lost.
        let _ = serving;
    }

    /// Gives the command all input, without seeing how much it takes.
    fn copy(&mut self, Gap { not_given, mut still_there }: Gap) {
        self.give_all(&not_given);
        let mut wants_input = !self.is_at_end;
        let mut buffer = vec![0; PIECE];
        while let Ok(false) = self.wait(wants_input, None) {
            if !wants_input {
                continue;
            }
            match self.channel.take(&mut buffer) {
                Ok(0) => {
                    self.channel.show_end();
                    wants_input = false;
                }
                Ok(count) => {
                    let known = still_there.min(count);
                    still_there -= known;
                    self.give_all(&buffer[known..count]);
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                // The command must not take this for the end of its input.
                Err(_) => wants_input = false,
            }
        }
        self.channel.finish();
    }

    /// Waits if there is no room. A command that has closed its input is noticed later.
    fn give_all(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.channel.give(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    _ = self.channel.ours().map(|ours| poll_one(ours, PollFlags::OUT, None));
                }
                Err(_) => return,
            }
        }
    }
}
