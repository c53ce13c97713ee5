//! The standard input of the command, and what its result holds for because of it.
//!
//! Input that was read before is fed to the command, a pipe or a socket is offered to it, a file is shared with it.

mod feed;
mod file;
#[cfg(target_os = "linux")]
mod offer;
mod source;

pub use source::Input;
pub(super) use source::RunningInput;
