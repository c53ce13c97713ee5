//! The errors that end a call, and their exit codes.
//!
//! Faults of the cache are not among them, since they are warnings. An error says what failed, on what, and what to
//! try. [`main`](crate::main) prints it once.

use crate::terminal::escape_os;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// An error that ends the call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// The command does not exist.
    #[error("{}: command not found{hint}", escape_os(command))]
    NotFound {
        /// As the user spelled it.
        command: OsString,
        /// A guess at what the user meant.
        hint: String,
    },
    /// The command exists and cannot be started.
    #[error("{}: cannot execute: {reason}", escape_os(command.as_os_str()))]
    NotExecutable {
        /// Where it was found.
        command: PathBuf,
        /// The error of the system.
        reason: io::Error,
    },
    /// `--only-if-cached` found nothing to replay.
    #[error("not cached: {0}")]
    Missed(String),
    /// cachex itself failed.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The error for stored output that turned out to be damaged while it was shown.
    pub fn not_whole(fault: &io::Error) -> Self {
        Self::Failed(format!("the output is incomplete: {fault}"))
    }

    /// The exit status of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Missed(_) => 124,
            Self::Failed(_) => 125,
            Self::NotExecutable { .. } => 126,
            Self::NotFound { .. } => 127,
        }
    }
}
