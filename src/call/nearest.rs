//! The stored entry that is nearest to a call that missed, and how they differ.
//!
//! For people only: nothing is decided by it, and no value of a variable is shown.

use super::context::Call;
use super::prepare::Prepared;
use crate::key::{Difference, Observation, StoredPart, differences};
use crate::policy::MissReason;
use crate::store::{Store, StoreError};
use crate::time::{Timestamp, brief};
use std::time::Duration;

/// The entry of the same command that differs least.
#[derive(Debug)]
pub struct Nearest {
    /// Its number.
    pub id: i64,
    /// `None` for one from the future.
    pub age: Option<Duration>,
    /// How its key differs; if it does not, how the inputs of a traced run differ.
    pub differences: Vec<Difference>,
}

impl Nearest {
    /// The nearest to a key of these parts.
    pub fn find(
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

    /// The nearest entry. If only the inputs of a traced run differ, they are compared as well.
    pub fn find_with_inputs(
        call: &Call<'_>,
        prepared: &Prepared,
        parts: &[StoredPart],
    ) -> Result<Option<Self>, StoreError> {
        let Prepared { store, observation, checked_inputs, .. } = prepared;
        let mut nearest = Self::find(call, store, observation, parts)?;
        let with_same_key = nearest.as_mut().filter(|nearest| nearest.differences.is_empty());
        if let (Some(nearest), Some(entry)) = (with_same_key, &checked_inputs.outdated) {
            let differences = call.input_differences(store, observation, entry);
            nearest.id = entry.id;
            nearest.age = entry.created.age_at(Timestamp::now());
            nearest.differences = differences.unwrap_or_default();
        }
        Ok(nearest)
    }

    /// The entry, its age and all differences.
    pub fn tell(&self) -> String {
        let ago = |age| format!("{} ago", brief(age));
        let age = self.age.map_or_else(|| "in the future".to_owned(), ago);
        let differences = match &self.differences[..] {
            [] => "same key, but standard input or age differs".to_owned(),
            differences => listed(differences),
        };
        format!("entry {}, stored {age}: {differences}", self.id)
    }
}

fn listed(differences: &[Difference]) -> String {
    differences.iter().map(Difference::to_string).collect::<Vec<_>>().join(", ")
}

/// The first of them, and how many more there are.
fn first_of(differences: &[Difference]) -> String {
    const MOST_SHOWN: usize = 8;
    match differences.split_at_checked(MOST_SHOWN) {
        Some((first, more @ [_, _, ..])) => format!("{}, and {} more", listed(first), more.len()),
        _ => listed(differences),
    }
}

impl Call<'_> {
    /// With `-v`: the reason of a miss, and the differences if they are the reason.
    pub fn tell_miss(&self, prepared: &Prepared, reason: &MissReason) {
        if !self.notices.are_detailed() {
            return;
        }
        let Prepared { store, observation, .. } = prepared;
        let reason = self.in_full(prepared, reason);
        let keyed = store.keyed(&observation.fingerprint.parts());
        match keyed.and_then(|keyed| Nearest::find(self, store, observation, &keyed)) {
            Ok(Some(nearest)) if !nearest.differences.is_empty() => {
                // `explain` tells all of them.
                let differences = first_of(&nearest.differences);
                self.notices.detail(&format_args!("miss: {reason}: {differences}"));
            }
            _ => self.notices.detail(&format_args!("miss: {reason}")),
        }
    }

    /// The reason of a miss, with what there is to say about it: the tombstone of the entry, or the inputs that changed.
    pub(super) fn in_full(&self, prepared: &Prepared, reason: &MissReason) -> String {
        let Prepared { store, observation, checked_inputs, .. } = prepared;
        let more = match (reason, &checked_inputs.outdated) {
            (MissReason::Absent, _) => {
                let tombstone = store.tombstone(&observation.fingerprint.key());
                tombstone.ok().flatten().map(|it| it.to_string())
            }
            (MissReason::OtherInputs, Some(entry)) => {
                self.input_differences(store, observation, entry).map(|it| first_of(&it))
            }
            _ => None,
        };
        more.map_or_else(|| reason.to_string(), |more| format!("{reason}: {more}"))
    }
}
