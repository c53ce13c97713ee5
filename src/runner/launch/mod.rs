//! Starting the command, and noticing its end.
//!
//! It starts with what our caller gave us: the signals that are ignored or blocked, and the standard descriptors that
//! are closed. Where the system can do that, it ends with cachex. It does not know why the command runs.

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
