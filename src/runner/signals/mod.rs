//! Signals that reach cachex while a command runs: each of them goes on to the command.
//!
//! On Linux all signals are blocked and read from a queue. A blocked signal waits there even if the caller
//! ignores it, and no disposition has to be changed, so the command inherits what the caller set up. Elsewhere
//! handlers report those signals that are usually sent.

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
pub(super) use handlers::{Signals, stop};
#[cfg(target_os = "linux")]
pub(super) use queue::{Signals, stop};
pub(super) use send::{tell_group, tell_own_group, tell_process};
