//! The thread that is asked before each call of interest: it records the call, and lets it go on.
//!
//! Whatever the command does, this thread must neither wait for it nor fail: without answers the command stands still. If
//! recording fails all the same, calls go on unrecorded, and the record is lost. The thread answers as long as this
//! process lives, also when nobody is interested in the record any more.

use super::answer::answer;
use super::descriptors::WatchedDescriptors;
use super::event::TraceEvent;
use super::install::ListenerSource;
use super::notification::Listener;
use super::record::Record;
use super::resolve::Proc;
use super::terminal::TerminalWatch;
use super::understand::Understanding;
use super::yama::reap_orphans;
use crate::inputs::{Doubt, Ledger};
use crate::tracer::error::TraceFault;
use rustix::io::Errno;
use std::io;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

/// A thread that watches a command.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// Gone as soon as it was asked for.
    record: Arc<Mutex<Option<Record>>>,
    started: Receiver<Result<Arc<Listener>, TraceFault>>,
}

/// Enough for what the thread does.
const STACK_SIZE: usize = 512 << 10;

/// After how many calls those orphans of the command are reaped that the system gave to us.
const REAPING_INTERVAL: u32 = 256;

impl Supervisor {
    /// Starts the thread, before the command starts. All signals have to be blocked.
    ///
    /// `adopts`: orphans of the command become our children.
    pub(crate) fn start(
        source: ListenerSource,
        ledger: Ledger,
        watched: WatchedDescriptors,
        adopts: bool,
    ) -> io::Result<Self> {
        let (report, started) = channel();
        let record = Arc::new(Mutex::new(Some(Record::new(ledger))));
        let shared = Arc::clone(&record);
        let watch = move || {
            let installed = match source.receive() {
                Ok(installed) => installed,
                Err(fault) => {
                    let _ = report.send(Err(fault));
                    return;
                }
            };
            let listener = Arc::new(installed.listener);
            let mut sink = |event| {
                if let Ok(mut record) = shared.lock()
                    && let Some(record) = &mut *record
                {
                    record.take(event, installed.loses_privileges);
                }
            };
            let _ = report.send(Ok(Arc::clone(&listener)));
            let record = || record_calls(&listener, watched, adopts, &mut sink);
            if !matches!(catch_unwind(AssertUnwindSafe(record)), Ok(Ok(()))) {
                // It is not whole.
                shared.lock().map(|mut record| record.take()).ok();
                answer(&listener);
            }
        };
        std::thread::Builder::new().stack_size(STACK_SIZE).spawn(watch)?;
        Ok(Self { record, started })
    }

    /// The listener of the command, which has been started.
    pub(crate) fn listener(&self) -> Result<Arc<Listener>, TraceFault> {
        self.started.recv().unwrap_or_else(|_| Err(lost()))
    }

    /// All that the command has done, and the watched descriptors that it has used. What its processes do from now on is not recorded.
    pub(crate) fn end(self) -> Result<(Ledger, Vec<RawFd>), TraceFault> {
        let record = self.record.lock().ok().and_then(|mut record| record.take());
        record.map(Record::end).ok_or_else(lost)
    }
}

fn lost() -> TraceFault {
    TraceFault::Other(io::Error::other("the record of the run was lost"))
}

/// Passes on what the command does, and lets it go on, until all its processes have ended.
pub(super) fn record_calls(
    listener: &Listener,
    watched: WatchedDescriptors,
    adopts: bool,
    sink: &mut impl FnMut(TraceEvent),
) -> Result<(), Errno> {
    let mut understanding = Understanding::new(Proc::open()?, watched);
    let mut terminals = TerminalWatch::default();
    let mut is_blind = false;
    let mut command = None;
    for turn in 1_u32.. {
        let Some(call) = listener.receive()? else {
            if listener.has_ended() {
                break;
            }
            // A signal came first, and the call may have failed with `EINTR`.
            sink(Doubt::Interrupted.into());
            continue;
        };
        // It executes its program before it does anything else.
        let command = *command.get_or_insert(call.thread);
        if adopts && turn.is_multiple_of(REAPING_INTERVAL) {
            reap_orphans(command);
        }
        if !is_blind
            && !understanding.is_only_use(&call)
            && terminals.goes_on(call.thread) == Some(true)
        {
            sink(TraceEvent::LeaveTerminal);
        }
        if !is_blind
            && let Some(event) = understanding.of(&call)
            && (event.is_look() || listener.still_waits(&call))
        {
            is_blind = event == TraceEvent::Mount;
            let opens = terminals.begins(call.thread, &event);
            sink(if opens { TraceEvent::OpenTerminal } else { event });
        }
        for descriptor in understanding.used_by(&call) {
            sink(TraceEvent::Use { descriptor });
        }
        listener.let_go_on(&call)?;
    }
    Ok(())
}
