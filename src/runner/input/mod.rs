//! The standard input of the command, and the condition that it sets for the result.
//!
//! Input that was read before is fed to the command, a pipe or a socket is offered to it, and a file is shared with it.

mod feed;
#[cfg(target_os = "linux")]
mod offer;
mod source;

pub(super) use source::RunningInput;
