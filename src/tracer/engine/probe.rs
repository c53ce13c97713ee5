//! A trial: one call of a process of ours is traced, and its argument read.

use super::descriptors::WatchedDescriptors;
use super::event::TraceEvent;
use super::install::{ListenerSource, prepare};
use super::notification::{Listener, Notification};
use super::resolve::Proc;
use super::understand::Understanding;
use super::yama::become_an_ancestor;
use crate::inputs::Doubt;
use crate::poll::poll_one;
use crate::process::{in_new_process, kill};
use crate::tracer::error::TraceFault;
use rustix::event::PollFlags;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::io;
use std::time::Duration;

/// What the process asks for. Nothing has this name.
const QUESTION: &str = "/a file that cachex asks for to see whether it is told";

/// A process that asks at once takes no longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Traces a process that asks for one file.
///
/// # Errors
/// Why commands cannot be traced here.
///
/// # Safety
/// This process has one thread only.
#[allow(unsafe_code)]
pub(crate) unsafe fn probe() -> Result<(), TraceFault> {
    become_an_ancestor()?;
    let (install, source) = prepare(&WatchedDescriptors::default()).map_err(TraceFault::Other)?;
    let ask = move || {
        if install.install().is_ok() {
            let _ = access(QUESTION, Access::EXISTS);
        }
    };
    // SAFETY: no other thread holds a lock.
    let process = unsafe { in_new_process(ask) }.map_err(TraceFault::Other)?;
    let told = listen(source);
    kill(process);
    told
}

fn listen(source: ListenerSource) -> Result<(), TraceFault> {
    let listener = source.receive()?.listener;
    let fault = |fault: Errno| TraceFault::Other(fault.into());
    let call = first_call(&listener).map_err(fault)?;
    let mut understanding =
        Understanding::new(Proc::open().map_err(fault)?, WatchedDescriptors::default());
    match understanding.of(&call) {
        Some(TraceEvent::Look { path, .. }) if path == QUESTION.as_bytes() => Ok(()),
        Some(TraceEvent::Doubt(Doubt::MemoryUnreadable)) => Err(TraceFault::Unreadable),
        _ => Err(TraceFault::Other(io::Error::other("a call is told wrongly"))),
    }
}

fn first_call(listener: &Listener) -> Result<Notification, Errno> {
    while poll_one(listener, PollFlags::IN, Some(PATIENCE))?.contains(PollFlags::IN) {
        if let Some(call) = listener.receive()? {
            return Ok(call);
        }
    }
    Err(Errno::TIMEDOUT)
}
