//! Starting the command, and noticing its end.
//!
//! It starts with what our caller gave us: the signals that it ignores or blocks, and what is closed; and it
//! ends with us, where the system can do that.

#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod vfork;

#[cfg(not(target_os = "linux"))]
pub(super) use portable::Process;
#[cfg(target_os = "linux")]
pub(super) use vfork::Process;

use super::Environment;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;

/// A command that does not run yet.
pub(super) struct Launch<'a> {
    /// The file to execute.
    pub(super) program: &'a Path,
    /// The command line.
    pub(super) words: &'a [OsString],
    /// All that is in its environment; `None`: what is in ours.
    pub(super) environment: Option<Environment>,
    /// Its standard input, output and error.
    pub(super) standard: [Standard; 3],
    /// The signals that we catch, and it does not.
    pub(super) caught: &'a [i32],
}

/// What a command has as one of its standard descriptors.
pub(super) enum Standard {
    /// The same as we.
    Ours,
    /// Nothing.
    Closed,
    /// Something that is ours until then. It is none of our own standard descriptors: those are all open.
    Given(OwnedFd),
}
