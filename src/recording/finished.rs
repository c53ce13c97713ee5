//! A finished run.

use super::body::Body;
use crate::exit::Exit;
use crate::time::Timestamp;
use std::time::Duration;

/// A finished run: what the command wrote, and how it ended.
#[derive(Debug)]
pub struct Recording {
    /// The output.
    pub body: Body,
    /// How the command ended.
    pub exit: Exit,
    /// When it ended. Its age counts from here.
    pub ended: Timestamp,
    /// How long it ran.
    pub elapsed: Duration,
}
