//! Starting the command, and noticing its end.
//!
//! It starts with what our caller gave us: the signals that it ignores or blocks, and what is closed; and it
//! ends with us, where the system can do that.

mod change;
mod command;
mod exec;
#[cfg(target_os = "linux")]
mod monitor;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod vfork;

pub(super) use change::Change;
pub(super) use command::{Launch, Standard};
pub use exec::exec;
pub(super) use exec::with_nesting;
#[cfg(not(target_os = "linux"))]
pub(super) use portable::Process;
#[cfg(target_os = "linux")]
pub(super) use process::Process;
