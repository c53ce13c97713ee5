//! What a call knows of its remote.

use crate::key::Digest;
use crate::remote::child::Transfer;
use crate::remote::{ObjectName, Secrets};
use crate::store::RemoteUses;
use crate::time::Timestamp;
use std::cell::{Cell, OnceCell};
use std::time::Duration;

/// Engines tell the time in seconds, cut off.
const CLOCK_STEP: i64 = 1_000;

/// What a call knows of its remote, found out on its first miss.
#[derive(Default)]
pub(super) struct RemoteState(pub(super) OnceCell<Option<Box<SharedCall>>>);

/// A call whose result may be shared.
pub(super) struct SharedCall {
    pub(super) secrets: Secrets,
    pub(super) transfer: Transfer,
    /// The portable key.
    pub(super) key: Digest,
    /// Where to look first, in the order of asking. Results are given under the first one.
    pub(super) names: Vec<ObjectName>,
    /// What is known of standard input before the run.
    pub(super) stdin: Vec<u8>,
    /// Texts that no shared output may name.
    pub(super) places: Vec<Vec<u8>>,
    /// Whether what lies under the first name is of no use, so that it may be overwritten.
    pub(super) may_replace: Cell<bool>,
    /// Results that ended before were cleared on the remote, by its clock.
    pub(super) cleared: Cell<Option<Timestamp>>,
    /// How much the clock of the engine is ahead of ours, in milliseconds, as far as it was heard.
    pub(super) clock_ahead: Cell<i64>,
    /// Whether a result waits to be pushed.
    pub(super) is_posted: Cell<bool>,
    /// `--remote-min-time`.
    pub(super) min_time: Duration,
    /// What came of the remote in this call, for the statistics. As long as nothing was of use, an answer is a miss.
    pub(super) uses: Cell<RemoteUses>,
}

impl SharedCall {
    /// Counts something for the statistics.
    pub(super) fn count(&self, change: impl FnOnce(&mut RemoteUses)) {
        let mut uses = self.uses.get();
        change(&mut uses);
        self.uses.set(uses);
    }

    /// What came of the remote, when it is known whether a result is there. A call is one hit or one miss, and neither if
    /// something went wrong.
    pub(super) fn uses_at_end(&self, is_there: bool) -> RemoteUses {
        let uses = self.uses.take();
        let is_miss = !is_there && uses.faults + uses.refused == 0;
        RemoteUses {
            hits: u64::from(is_there),
            misses: if is_miss { uses.misses } else { 0 },
            ..uses
        }
    }

    /// A moment by the clock of the engine.
    pub(super) fn to_engine(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_millis(at.as_millis().saturating_add(self.clock_ahead.get()))
    }

    /// A moment of the engine by our clock, rather too early than too late: a result that seems younger than it is would
    /// outlive its time, or a clearing.
    pub(super) fn to_ours(&self, at: Timestamp) -> Timestamp {
        let ahead = self.clock_ahead.get().saturating_add(CLOCK_STEP);
        Timestamp::from_millis(at.as_millis().saturating_sub(ahead))
    }
}
