//! Starting the command, and noticing its end.
//!
//! The command starts with the signals ignored or blocked, and the standard descriptors closed, that our caller set up.
//! If the system can do that, the command ends with cachex. This module does not know why the command runs.

mod command;
mod environment;
mod exec;
#[cfg(target_os = "linux")]
mod monitor;
mod process;

pub(super) use command::{Launch, Standard};
pub use environment::Environment;
pub use exec::exec;
pub(super) use process::Process;
