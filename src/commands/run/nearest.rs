//! Why nothing is stored for a call: what differs from the entry that is nearest to it.
//!
//! For people only; nothing is decided by it, and no value of a variable is shown.

use super::Call;
use crate::key::{Caveat, Difference, Observation, StoredPart, differences};
use crate::policy::MissReason;
use crate::store::{Store, StoreError};
use crate::terminal::escape_os;
use crate::time::{Timestamp, brief};
use std::time::Duration;

/// The entry of the same command that differs least.
#[derive(Debug)]
pub(in crate::commands) struct Nearest {
    pub(in crate::commands) id: i64,
    /// `None` for one from the future.
    pub(in crate::commands) age: Option<Duration>,
    pub(in crate::commands) differences: Vec<Difference>,
}

impl Nearest {
    /// The nearest to a key of these parts.
    pub(in crate::commands) fn find(
        call: &Call<'_>,
        store: &Store,
        observation: &Observation,
        parts: &[StoredPart],
    ) -> Result<Option<Self>, StoreError> {
        let now = Timestamp::now();
        let compared = store.relatives(&call.name())?.into_iter().map(|relative| Self {
            id: relative.id,
            age: relative.created.age_at(now),
            differences: differences(parts, &relative.parts),
        });
        let mut nearest = compared.min_by_key(|nearest| nearest.differences.len());
        for Difference { name, .. } in nearest.iter_mut().flat_map(|it| &mut it.differences) {
            *name = observation.name_as_typed(name);
        }
        Ok(nearest)
    }

    pub(in crate::commands) fn tell(&self) -> String {
        let ago = |age| format!("{} ago", brief(age));
        let age = self.age.map_or_else(|| "in the future".to_owned(), ago);
        let differences = match &self.differences[..] {
            [] => "the key is the same, standard input or the date is not".to_owned(),
            differences => told(differences),
        };
        format!("entry {}, stored {age}: {differences}", self.id)
    }

    /// The first differences, and how many more there are: `explain` tells all.
    fn in_short(&self) -> String {
        const FEW: usize = 8;
        match self.differences.split_at_checked(FEW) {
            Some((first, more @ [_, _, ..])) => format!("{}, and {} more", told(first), more.len()),
            _ => told(&self.differences),
        }
    }
}

fn told(differences: &[Difference]) -> String {
    let tell = |it: &Difference| format!("{} {}", escape_os(&it.name), it.what);
    differences.iter().map(tell).collect::<Vec<_>>().join(", ")
}

impl Call<'_> {
    /// With `-v`: the reason of a miss, and what differs if that is why.
    pub(super) fn tell_miss(&self, store: &Store, observation: &Observation, reason: &MissReason) {
        if !self.notices.are_detailed() {
            return;
        }
        let reason = in_full(store, observation, reason);
        let keyed = store.keyed(&observation.fingerprint.parts());
        match keyed.and_then(|keyed| Nearest::find(self, store, observation, &keyed)) {
            Ok(Some(nearest)) if !nearest.differences.is_empty() => {
                self.notices.detail(&format_args!("miss: {reason}: {}", nearest.in_short()));
            }
            _ => self.notices.detail(&format_args!("miss: {reason}")),
        }
    }

    /// With `-v`: which options may not have been meant so. On a miss a slip that is certain costs a
    /// warning, since the command may have run in vain.
    pub(super) fn tell_caveats(&self, observation: &Observation, is_miss: bool) {
        if !is_miss && !self.notices.are_detailed() {
            return;
        }
        let warns = |it: &Caveat| is_miss && self.request.typed.hashes && it.is_certain();
        // Files that a configuration names are often optional.
        let is_told = |it: &Caveat| self.request.typed.files || !matches!(it, Caveat::Missing(_));
        let caveats = observation.caveats().into_iter().filter(is_told);
        let (slips, others): (Vec<_>, Vec<_>) = caveats.partition(warns);
        if !slips.is_empty() {
            let slips = slips.iter().map(Caveat::to_string).collect::<Vec<_>>();
            self.notices.advise(&slips.join("; "));
        }
        for caveat in others {
            self.notices.detail(&caveat);
        }
    }
}

/// The reason of a miss, with what became of the entry if that is known.
pub(super) fn in_full(store: &Store, observation: &Observation, reason: &MissReason) -> String {
    let gone = match reason {
        MissReason::Absent => store.tombstone(&observation.fingerprint.key()).ok().flatten(),
        _ => None,
    };
    gone.map_or_else(|| reason.to_string(), |gone| format!("{reason}: {gone}"))
}
