//! The engine behind `--trace`: watching which files a command and its descendants ask for and change.
//!
//! It tells an [`inputs::Ledger`](crate::inputs::Ledger) of all that happens, before it happens. Linux can do that without
//! privileges: the kernel asks us before each call of interest. The command is held up for some microseconds each time,
//! and behaves as untraced otherwise. This module does not know the store, nor what counts as an input. It holds no lock.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod engine;
mod error;
mod probe;
#[cfg(test)]
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests;
mod trace;

pub use error::TraceFault;
pub use probe::probe;
pub use trace::{Trace, TraceEnd};
