//! What a process for a transfer is told, and what it answers.
//!
//! Both sides are the same program, so the form may change at any time.

use crate::remote::engine::{PutCondition, RemoteFault};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Bytes of the longest message.
pub const LONGEST_MESSAGE: u64 = 256 << 10;

/// What is to be done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteOperation {
    /// Write it into the file, which is empty.
    Get {
        /// The most bytes.
        bound: u64,
    },
    /// Put what is in the file.
    Put {
        /// The number of bytes.
        length: u64,
        /// Whether an existing object may be overwritten.
        condition: PutCondition,
        /// When the engine may drop it, in milliseconds from now.
        lifetime_millis: Option<u64>,
    },
    /// Remove it.
    Delete,
    /// Tell the time.
    Now,
}

/// A transfer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRequest {
    /// The address of the remote, secrets included.
    pub url: String,
    /// A token.
    pub token: Option<String>,
    /// Other roots.
    pub ca: Option<PathBuf>,
    /// A private directory for credentials.
    pub directory: Option<PathBuf>,
    /// The name of the object.
    pub name: String,
    /// What to do with it.
    pub operation: RemoteOperation,
    /// How long it may take, in milliseconds.
    pub millis: u64,
}

/// What a remote answered. Times are in milliseconds since the epoch, by the clock of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteAnswer {
    /// There is no such object.
    Absent {
        /// The present, if it was asked for and told.
        now: Option<i64>,
    },
    /// The object is in the file.
    Found {
        /// The present.
        now: i64,
        /// The number of bytes.
        length: u64,
    },
    /// The object is there.
    Stored,
    /// Another object was there, and stays.
    AlreadyThere,
    /// The object is gone.
    Gone,
    /// The time.
    Now {
        /// The present.
        now: i64,
    },
}

impl RemoteAnswer {
    /// How much the clock of the engine is ahead of ours, in milliseconds, if the answer tells. The question was asked at
    /// that time by our clock, and the answer has just come.
    #[must_use]
    pub fn clock_ahead(self, asked: Timestamp) -> Option<i64> {
        let now = self.now()?;
        // The clock was read between the question and the answer.
        let half = (Timestamp::now().as_millis() - asked.as_millis()) / 2;
        Some(now.saturating_sub(asked.as_millis().saturating_add(half)))
    }

    /// The present, if the answer tells.
    #[must_use]
    pub fn now(self) -> Option<i64> {
        match self {
            Self::Found { now, .. } | Self::Now { now } => Some(now),
            Self::Absent { now } => now,
            Self::Stored | Self::AlreadyThere | Self::Gone => None,
        }
    }
}

/// Reads a request.
///
/// # Errors
/// When it is none.
pub fn read_request(bytes: &[u8]) -> Result<TransferRequest, RemoteFault> {
    serde_json::from_slice(bytes)
        .map_err(|_| RemoteFault::local("the request for a transfer cannot be understood"))
}

/// Reads an answer; `None` if it is none.
#[must_use]
pub fn read_answer(bytes: &[u8]) -> Option<Result<RemoteAnswer, RemoteFault>> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_not(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_request(&bytes);
            let _ = read_answer(&bytes);
        }

        #[test]
        fn an_answer_comes_back(now in any::<i64>(), length in any::<u64>(), text in "\\PC*") {
            let answers = [
                Ok(RemoteAnswer::Found { now, length }),
                Ok(RemoteAnswer::Absent { now: Some(now) }),
                Err(RemoteFault::Refused(text)),
                Err(RemoteFault::Throttled { retry_after: Some(length) }),
            ];
            for answer in answers {
                let bytes = serde_json::to_vec(&answer).expect("a message");
                prop_assert_eq!(read_answer(&bytes), Some(answer));
            }
        }
    }
}
