//! What goes wrong with a remote, as far as the answer differs.
//!
//! A text here may quote what a server says, cut short, and never a user, a password or a token.

use crate::store::RemoteUses;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Why a remote did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteFault {
    /// It does not accept who asks, or does not allow them that.
    Unauthorized(String),
    /// It says no to the request, whoever asks.
    Refused(String),
    /// It is asked too often.
    Throttled {
        /// How long it wants to be left alone, in seconds, if it says so.
        retry_after: Option<u64>,
    },
    /// It reports an error of its own.
    Failing(String),
    /// It did not answer in time.
    Timeout(String),
    /// There is no connection, or it broke.
    Unreachable(String),
    /// Its answer is not of the protocol.
    Garbage(String),
    /// The object is larger than what was asked for.
    TooLarge {
        /// The most bytes that are taken.
        bound: u64,
    },
    /// It takes no object of this size.
    TooLargeThere(String),
    /// The fault is on this machine.
    Local(String),
}

impl RemoteFault {
    /// A fault of this machine, not of the remote.
    pub fn local(what: impl fmt::Display) -> Self {
        Self::Local(what.to_string())
    }

    /// Whether the next call would only wait in vain as well.
    #[must_use]
    pub fn is_an_outage(&self) -> bool {
        !matches!(
            self,
            Self::Unauthorized(_) | Self::TooLarge { .. } | Self::TooLargeThere(_) | Self::Local(_)
        )
    }

    /// What it counts as in the statistics.
    #[must_use]
    pub fn uses(&self) -> RemoteUses {
        let mut uses = RemoteUses::default();
        match self {
            Self::Unauthorized(_) | Self::TooLargeThere(_) => uses.refused = 1,
            _ => uses.faults = 1,
        }
        uses
    }

    /// How long the remote wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => retry_after.map(Duration::from_secs),
            _ => None,
        }
    }
}

impl std::error::Error for RemoteFault {}

impl fmt::Display for RemoteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(what) => write!(f, "no access: {what}"),
            Self::Refused(what) => write!(f, "it refuses: {what}"),
            Self::Throttled { retry_after: None } => f.write_str("it is asked too often"),
            Self::Throttled { retry_after: Some(seconds) } => {
                write!(f, "it is asked too often, and wants to be asked again in {seconds}s")
            }
            Self::Failing(what) => write!(f, "it fails: {what}"),
            Self::Timeout(what) => write!(f, "too slow: {what}"),
            Self::Unreachable(what) => write!(f, "cannot be reached: {what}"),
            Self::Garbage(what) => write!(f, "answers what cannot be understood: {what}"),
            Self::TooLarge { bound } => write!(f, "the object is larger than {bound} bytes"),
            Self::TooLargeThere(what) => {
                write!(f, "it takes no object of this size: {what}; raise the limit of the server")
            }
            Self::Local(what) => f.write_str(what),
        }
    }
}
