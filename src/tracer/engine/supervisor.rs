//! The thread that is asked before each call of interest: it records the call, and lets it go on.
//!
//! Whatever the command does, this thread must neither wait for it nor fail: without answers the command stands still. If
//! recording fails all the same, even by a panic, calls go on unrecorded, and the record is lost. The thread answers as
//! long as this process lives, also when nobody is interested in the record any more.

use super::answer::answer;
use super::descriptors::WatchedDescriptors;
use super::event::TraceEvent;
use super::install::ListenerSource;
use super::notification::Listener;
use super::record::Record;
use super::rescue::on_panic;
use super::resolve::Proc;
use super::shared_record::SharedRecord;
use super::terminal::TerminalWatch;
use super::understand::Understanding;
use super::yama::reap_orphans;
use crate::inputs::{Doubt, Ledger};
use crate::tracer::error::TraceFault;
use rustix::io::Errno;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// A thread that watches a command.
#[derive(Debug)]
pub(crate) struct Supervisor {
    record: Arc<SharedRecord>,
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
        let record = Arc::new(SharedRecord::new(Record::new(ledger)));
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
            let _ = report.send(Ok(Arc::clone(&listener)));
            supervise(&listener, &shared, watched, adopts, |record, event| {
                record.take(event, installed.loses_privileges);
            });
        };
        allocate_from_one_arena();
        std::thread::Builder::new().stack_size(STACK_SIZE).spawn(watch)?;
        Ok(Self { record, started })
    }

    /// The listener of the command, which has been started.
    pub(crate) fn listener(&self) -> Result<Arc<Listener>, TraceFault> {
        self.started.recv().unwrap_or_else(|_| Err(lost()))
    }

    /// All that the command has done, and the watched descriptors that it has used. What its processes do from now on is not recorded.
    pub(crate) fn end(self) -> Result<(Ledger, Vec<RawFd>), TraceFault> {
        self.record.end().map(Record::end).ok_or_else(lost)
    }
}

/// An arena of its own for the thread would cost each traced run 15 µs.
#[allow(unsafe_code)]
fn allocate_from_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it sets a number.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1)
    };
}

fn lost() -> TraceFault {
    TraceFault::Other(io::Error::other("the record of the run was lost"))
}

/// Records what the command does by `take`, and lets it go on, until all its processes have ended.
pub(super) fn supervise(
    listener: &Arc<Listener>,
    record: &Arc<SharedRecord>,
    watched: WatchedDescriptors,
    adopts: bool,
    mut take: impl FnMut(&mut Record, TraceEvent),
) {
    let go_on_unrecorded = {
        let (listener, record) = (Arc::clone(listener), Arc::clone(record));
        move || {
            record.lose();
            answer(&listener);
        }
    };
    on_panic(go_on_unrecorded.clone());
    let mut sink = |event| record.add(|record| take(record, event));
    if record_calls(listener, watched, adopts, &mut sink).is_err() {
        go_on_unrecorded();
    }
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
    let (mut command, mut last) = (None, None::<u64>);
    for turn in 1_u32.. {
        let Some(call) = listener.receive()? else {
            if listener.has_ended() {
                break;
            }
            // A signal came first, and the call may have failed with `EINTR`.
            sink(Doubt::Interrupted.into());
            continue;
        };
        if last.replace(call.id).is_some_and(|last| call.id != last.wrapping_add(1)) {
            // The same, and the next call came before we were awake.
            sink(Doubt::Interrupted.into());
        }
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
            sink(terminals.begins(call.thread, event));
        }
        if let Some(path) = understanding.name_used() {
            sink(TraceEvent::Name { path });
        }
        for descriptor in understanding.used_by(&call) {
            sink(TraceEvent::Use { descriptor });
        }
        listener.let_go_on(&call)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::install;
    use super::*;
    use crate::inputs::TraceTerms;
    use crate::key::TraceTimes;
    use crate::output_pattern::OutputSpec;
    use crate::process::in_new_process;
    use crate::time::Timestamp;
    use rustix::process::{WaitOptions, waitpid};
    use std::collections::BTreeSet;
    use std::io::{Read, Write};

    fn record() -> Record {
        Record::new(Ledger::new(TraceTerms {
            working_directory: "/".into(),
            project: "/".into(),
            store: "/nonexistent".into(),
            ignored: Vec::new(),
            times: TraceTimes::Exact,
            outputs: OutputSpec::default(),
            written: BTreeSet::new(),
            now: Timestamp::now(),
        }))
    }

    #[test]
    #[allow(unsafe_code, reason = "a process is forked")]
    fn a_panic_costs_the_record_and_not_the_command() {
        let (mut told, mut tell) = std::io::pipe().expect("made");
        // The thread that panics holds the hook for good: a process of its own has it.
        let cachex = || {
            let record = Arc::new(SharedRecord::new(record()));
            let shared = Arc::clone(&record);
            let watched = WatchedDescriptors::default();
            let (install, source) = install::prepare(&watched).expect("prepared");
            std::thread::spawn(move || {
                let listener = Arc::new(source.receive().expect("installed").listener);
                supervise(&listener, &shared, watched, false, |_, _| panic!("a fault"));
            });
            let command = || {
                install.install().expect("installed");
                for _ in 0..3 {
                    std::fs::metadata("/").expect("there");
                }
                tell.write_all(b"ran on").expect("told");
            };
            // SAFETY: the allocator can be used after a fork, and the command takes no other lock.
            let command = unsafe { in_new_process(command) }.expect("forked");
            waitpid(Some(command), WaitOptions::empty()).expect("ended");
            if record.end().is_none() {
                tell.write_all(b", unrecorded").expect("told");
            }
        };
        // SAFETY: as above.
        let cachex = unsafe { in_new_process(cachex) }.expect("forked");
        drop(tell);
        waitpid(Some(cachex), WaitOptions::empty()).expect("ended");
        let mut all = String::new();
        told.read_to_string(&mut all).expect("told");
        assert_eq!(all, "ran on, unrecorded");
    }
}
