//! What a call knows of its remote.

use crate::entry::Condition;
use crate::inputs::{PortablePlaces, SeenInputs, TraceTerms};
use crate::key::Digest;
use crate::remote::child::Transfer;
use crate::remote::push::note::OutgoingNote;
use crate::remote::{Namer, Namespace, ObjectName, Secrets};
use crate::store::RemoteUses;
use crate::time::Timestamp;
use std::cell::{Cell, OnceCell, RefCell};
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
    /// The rest of `--remote-timeout`, which all questions of this call share.
    pub(super) time_left: Cell<Duration>,
    /// Where to look first, in the order of asking. Results are given under the first one.
    pub(super) names: Vec<ObjectName>,
    /// The namespaces of these names.
    pub(super) namespaces: Vec<Namespace>,
    /// The key that is the same on all machines.
    pub(super) key: Digest,
    /// What counts in a trace, and the places that differ between machines, if runs are traced.
    pub(super) traced: Option<(TraceTerms, PortablePlaces)>,
    /// Names that were asked for in the namespace of results that are given, besides the first.
    pub(super) asked: RefCell<Vec<ObjectName>>,
    /// The class of standard input, which is a part of the first name.
    pub(super) stdin: Vec<u8>,
    /// Texts that no shared output may name.
    pub(super) places: Vec<Vec<u8>>,
    /// Whether what lies under the first name is of no use, so that it may be overwritten.
    pub(super) may_replace: Cell<bool>,
    /// Whether a marker lies under the first name: no result takes its place, and it leads to all of them.
    pub(super) has_marker: Cell<bool>,
    /// Results that ended before were cleared on the remote, by its clock.
    pub(super) cleared: Cell<Option<Timestamp>>,
    /// How much the clock of the engine is ahead of ours, in milliseconds, if it was heard.
    pub(super) clock_ahead: Cell<Option<i64>>,
    /// A result that is to be pushed.
    pub(super) outgoing: RefCell<Option<OutgoingShare>>,
    /// `--remote-min-time`.
    pub(super) min_time: Duration,
    /// What came of the remote in this call, for the statistics. As long as nothing was of use, an answer is a miss.
    pub(super) uses: Cell<RemoteUses>,
}

/// A result that is to be pushed when nobody waits for it any more.
pub(super) struct OutgoingShare {
    /// All but what leads to it.
    pub(super) note: OutgoingNote,
    /// What came through standard input, if that decides.
    pub(super) stdin: Option<Condition>,
    /// What a traced run has found.
    pub(super) inputs: Option<SeenInputs>,
}

impl SharedCall {
    /// Where a result lies that depends on more than its key.
    pub(super) fn conditional(&self, namespace: &Namespace, route: &[u8]) -> ObjectName {
        Namer::new(&self.secrets, namespace).conditional(self.key, route)
    }

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

    /// A moment by the clock of the engine, if that was heard.
    pub(super) fn to_engine(&self, at: Timestamp) -> Option<Timestamp> {
        let ahead = self.clock_ahead.get()?;
        Some(Timestamp::from_millis(at.as_millis().saturating_add(ahead)))
    }

    /// A moment of the engine by our clock, rather too early than too late: a result that seems younger than it is would
    /// outlive its time, or a clearing.
    pub(super) fn to_ours(&self, at: Timestamp) -> Timestamp {
        let ahead = self.clock_ahead.get().unwrap_or_default().saturating_add(CLOCK_STEP);
        Timestamp::from_millis(at.as_millis().saturating_sub(ahead))
    }
}
