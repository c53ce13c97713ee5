//! Signals that reach cachex while a command runs: each of them is passed on to the command.
//!
//! On Linux all signals are blocked and read from a queue. A blocked signal waits there even if the caller ignores it,
//! and no disposition is changed, so the command inherits what the caller set up. Elsewhere handlers report the signals
//! that are usually sent. This module only receives and sends signals; `supervise` knows what they mean for a run.

mod arrival;
mod death;
#[cfg(not(target_os = "linux"))]
mod handlers;
mod mask;
#[cfg(target_os = "linux")]
mod queue;
mod send;

pub(super) use arrival::{Arrival, Origin, Receiver};
pub use death::die_of;
#[cfg(not(target_os = "linux"))]
pub(super) use handlers::{SignalHandlers as Signals, stop};
#[cfg(target_os = "linux")]
pub(super) use queue::{SignalQueue as Signals, stop};
pub(super) use send::{signal_group, signal_process};
