//! The note of a result that waits: where it goes, and which entry of the store it is. Nothing secret is in it.

use crate::remote::engine::RemoteFault;
use crate::remote::pack::marker::ResultRoute;
use crate::remote::secret::keys::KeyId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A result that waits to be pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingNote {
    /// The remote, by its address without user and password.
    pub remote: String,
    /// Tells with which key of a team the name was made. With another one nobody would find the object.
    pub team: KeyId,
    /// Its name there.
    pub name: String,
    /// Whether it takes the place of what lies there.
    pub replaces: bool,
    /// The date of the tombstone that lay there before the run, in milliseconds by the clock of the engine.
    pub cleared: Option<i64>,
    /// When the engine may drop it, in milliseconds from the push on.
    pub lifetime_millis: Option<u64>,
    /// Which result it is.
    pub result: OutgoingResult,
    /// How many pushes of it took too long. It is pushed after those that had fewer.
    #[serde(default)]
    pub timeouts: u32,
    /// Why the remote did not take it.
    pub refused: Option<RemoteFault>,
    /// What leads to it, if that is not its key alone.
    pub route: Option<OutgoingRoute>,
}

/// What leads to a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingRoute {
    /// The name of the marker.
    pub marker: String,
    /// The route that it gets.
    pub route: ResultRoute,
    /// Whether it takes the place of a result.
    #[serde(default)]
    pub replaces: bool,
}

/// A result as the store can find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingResult {
    /// The key of the entry.
    pub key: [u8; 32],
    /// The standard input that it holds for, encoded.
    pub condition: Vec<u8>,
    /// When it ended, in milliseconds since the epoch.
    pub created: i64,
    /// The same by the clock of the engine, if the call has heard it.
    pub ended: Option<i64>,
    /// How long its run took, in milliseconds.
    #[serde(default)]
    pub elapsed: u64,
    /// Texts that it must not name.
    pub places: Vec<Vec<u8>>,
}

impl OutgoingNote {
    /// Where a call looks first.
    #[must_use]
    pub fn first_name(&self) -> &str {
        self.route.as_ref().map_or(&self.name, |route| &route.marker)
    }
}

impl OutgoingResult {
    /// How long ago it ended at `now`.
    #[must_use]
    pub fn age_at(&self, now: Timestamp) -> Duration {
        Timestamp::from_millis(self.created).age_at(now).unwrap_or_default()
    }
}
