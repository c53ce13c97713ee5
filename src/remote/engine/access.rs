//! What an engine can do, and within which limits.

use super::fault::RemoteFault;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

/// What came of a get. The present is that of the engine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetDone {
    /// The object is in the sink.
    Found {
        /// The present.
        now: Timestamp,
        /// The number of bytes.
        length: u64,
    },
    /// There is none.
    Absent {
        /// The present, if the engine told it.
        now: Option<Timestamp>,
    },
}

/// Whether an existing object may be overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutCondition {
    /// An object of that name stays.
    IfAbsent,
    /// An object of that name is replaced.
    Replace,
}

/// How an object is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutTerms {
    /// Whether an existing object may be overwritten.
    pub condition: PutCondition,
    /// When the engine may drop the object, where it can: Redis.
    pub lifetime: Option<Duration>,
}

/// What a put did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutDone {
    /// The object is there.
    Stored,
    /// Another one was there, and stays.
    AlreadyThere,
}

/// What a deletion did, as far as the engine tells: S3 does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The object is gone.
    Gone,
    /// There was none.
    Absent,
}

/// How long a transfer may take.
#[derive(Clone, Copy, Debug)]
pub struct TransferLimits {
    /// For a connection that is not encrypted.
    pub connect: Duration,
    /// Without a byte moved.
    pub stall: Duration,
    /// The end of it all.
    pub deadline: Instant,
}

impl TransferLimits {
    /// Whatever is asked for: clocks end somewhere.
    pub const LONGEST: Duration = Duration::from_hours(24);

    /// The limits for a transfer that may take this long from now on: of the usual two seconds an eighth for the
    /// connection, and half without a byte. Who allows more, as for a push that nobody waits for, is as patient with
    /// each step.
    #[must_use]
    pub fn within(total: Duration) -> Self {
        let total = total.min(Self::LONGEST);
        Self {
            connect: (total / 8).max(Duration::from_millis(250)),
            stall: (total / 2).max(Duration::from_secs(1)),
            deadline: Instant::now() + total,
        }
    }

    /// For a connection that is encrypted: it takes two round trips more, and a certificate has to be checked.
    #[must_use]
    pub fn connect_encrypted(&self) -> Duration {
        self.connect * 4
    }

    /// What is left of all, and at most this.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn left(&self, most: Duration) -> Result<Duration, RemoteFault> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(RemoteFault::Timeout("the time for the transfer is over".to_owned()));
        }
        Ok(left.min(most))
    }
}

/// A store on the network. The names of objects are ASCII letters, digits, `-`, `_`, `.` and slashes.
pub trait RemoteEngine {
    /// Writes an object into the sink, if there is one. After an error the sink may have a part of it.
    ///
    /// # Errors
    /// When the remote does not do it, or the object has more than `bound` bytes.
    fn get(&mut self, name: &str, sink: &mut dyn Write, bound: u64)
    -> Result<GetDone, RemoteFault>;

    /// Puts the first `length` bytes of a file. An object appears whole or not at all.
    ///
    /// # Errors
    /// When the remote does not do it.
    fn put(
        &mut self,
        name: &str,
        body: &File,
        length: u64,
        terms: PutTerms,
    ) -> Result<PutDone, RemoteFault>;

    /// Removes an object.
    ///
    /// # Errors
    /// When the remote does not do it.
    fn delete(&mut self, name: &str) -> Result<Deleted, RemoteFault>;

    /// The present, by the clock of the engine. HTTP asks for the object of that name to learn it.
    ///
    /// # Errors
    /// When the remote does not tell.
    fn now(&mut self, name: &str) -> Result<Timestamp, RemoteFault>;
}
