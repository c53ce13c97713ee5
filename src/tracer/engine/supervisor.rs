//! The thread that is asked before each call of interest: it records the call, and lets it go on.
//!
//! Whatever the command does, this thread must neither wait for it nor fail: without answers the command stands still. If
//! recording fails all the same, calls go on unrecorded, and the ledger is lost.

use super::answer::{Wakeup, answer, wait};
use super::event::TraceEvent;
use super::install::ListenerSource;
use super::notification::{Listener, Notification};
use super::record::Record;
use super::resolve::Proc;
use super::understand::understand;
use super::yama::reap_orphans;
use crate::inputs::{Doubt, Ledger};
use crate::tracer::error::TraceFault;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// A thread that watches a command.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<Ledger, TraceFault>>,
}

#[derive(Debug)]
struct Shared {
    /// Readable when the thread is to stop.
    stop: OwnedFd,
    /// There as soon as the command runs.
    listener: OnceLock<Listener>,
}

/// Enough for what the thread does.
const STACK_SIZE: usize = 512 << 10;

/// How often orphans of the command are reaped that the system gave to us.
const REAPING_INTERVAL: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

impl Supervisor {
    /// Starts the thread, before the command starts. All signals have to be blocked.
    ///
    /// `adopts`: orphans of the command become our children.
    pub(crate) fn start(source: ListenerSource, ledger: Ledger, adopts: bool) -> io::Result<Self> {
        let stop = eventfd(0, EventfdFlags::CLOEXEC)?;
        let shared = Arc::new(Shared { stop, listener: OnceLock::new() });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn(move || theirs.watch(source, Record::new(ledger), adopts))?;
        Ok(Self { shared, thread })
    }

    /// The listener, if the command runs and is traced.
    pub(crate) fn listener(&self) -> Option<&Listener> {
        self.shared.listener.get()
    }

    /// Stops the thread. It answers no call any more.
    pub(crate) fn stop(self) -> Result<Ledger, TraceFault> {
        rustix::io::write(&self.shared.stop, &1_u64.to_ne_bytes())
            .map_err(|fault| TraceFault::Other(fault.into()))?;
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(lost()))
    }
}

fn lost() -> TraceFault {
    TraceFault::Other(io::Error::other("the record of the run was lost"))
}

impl Shared {
    /// What the thread does.
    fn watch(
        &self,
        source: ListenerSource,
        mut record: Record,
        adopts: bool,
    ) -> Result<Ledger, TraceFault> {
        let mut fds = [PollFd::new(&source, PollFlags::IN), PollFd::new(&self.stop, PollFlags::IN)];
        while let Err(Errno::INTR) = poll(&mut fds, None) {}
        if !fds[1].revents().is_empty() {
            return Err(TraceFault::Other(io::Error::other("the command was not started")));
        }
        let installed = source.receive()?;
        record.loses_privileges = installed.loses_privileges;
        let listener = self.listener.get_or_init(|| installed.listener);
        let recorded = catch_unwind(AssertUnwindSafe(|| {
            let mut sink = |event| record.take(event);
            record_calls(listener, &self.stop, adopts, &mut sink)?;
            Ok(record.end())
        }));
        match recorded {
            Ok(Ok(ledger)) => Ok(ledger),
            Ok(Err(fault)) => {
                answer(listener, Some(self.stop.as_fd()));
                Err(TraceFault::Other(Errno::into(fault)))
            }
            Err(_) => {
                answer(listener, Some(self.stop.as_fd()));
                Err(lost())
            }
        }
    }
}

/// Passes on what the command does, and lets it go on, until `stop` is readable or the command has ended.
pub(super) fn record_calls(
    listener: &Listener,
    stop: &OwnedFd,
    adopts: bool,
    sink: &mut impl FnMut(TraceEvent),
) -> Result<(), Errno> {
    let proc = Proc::open()?;
    let mut is_blind = false;
    let mut places = Places::default();
    let mut command = None;
    loop {
        match wait(listener, Some(stop.as_fd()), adopts.then_some(&REAPING_INTERVAL))? {
            Wakeup::Call => {}
            Wakeup::Timeout => {
                if let (true, Some(command)) = (adopts, command) {
                    reap_orphans(command);
                }
                continue;
            }
            Wakeup::Stop | Wakeup::End => return Ok(()),
        }
        let Some(call) = listener.receive()? else {
            sink(Doubt::Interrupted.into());
            continue;
        };
        // It executes its program before it does anything else.
        command.get_or_insert(call.thread);
        if places.skipped_one(&call) {
            sink(Doubt::Interrupted.into());
        }
        if !is_blind
            && let Some(event) = understand(&proc, &call)
            && listener.still_waits(&call)
        {
            is_blind = event == TraceEvent::Mount;
            sink(event);
        }
        listener.let_go_on(&call)?;
    }
}

/// The places of calls among all that were to be reported.
#[derive(Default)]
struct Places {
    last: Option<u64>,
}

impl Places {
    /// Whether a call before this one was withdrawn unseen: a signal came first, and it may have failed with `EINTR`.
    fn skipped_one(&mut self, call: &Notification) -> bool {
        let place = call.place();
        self.last.replace(place).is_some_and(|last| place != last.wrapping_add(1))
    }
}
