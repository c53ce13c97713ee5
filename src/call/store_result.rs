//! Stores a result together with its call: the result of a run on this machine, or one that another machine shared.

use super::context::Call;
use crate::entry::{Condition, EntryOrigin, NewEntry, NewOutputs};
use crate::inputs::SeenInputs;
use crate::key::{Observation, masked};
use crate::options::Request;
use crate::recording::Recording;
use crate::store::{Clearings, Filled, Limits, Store, StoreError};
use crate::time::Timestamp;

/// A result that is to be stored.
pub(super) struct NewResult<'n> {
    pub(super) condition: Condition,
    pub(super) inputs: Option<SeenInputs>,
    pub(super) recording: Recording,
    pub(super) origin: EntryOrigin,
    pub(super) outputs: Option<NewOutputs<'n>>,
}

impl Call<'_> {
    /// Stores a result of this call, wherever the command ran.
    pub(super) fn store_result<'n>(
        &'n self,
        store: &mut Store,
        observation: &'n Observation,
        NewResult { condition, inputs, recording, origin, outputs }: NewResult<'n>,
        since: Clearings,
    ) -> Result<(Filled, NewEntry<'n>), StoreError> {
        let Request { words, key, max_entries, max_size, policy, .. } = self.request;
        let fingerprint = &observation.fingerprint;
        let new = NewEntry {
            key: fingerprint.key(),
            condition,
            inputs,
            lifetime: policy.lifetime(recording.exit),
            recording,
            origin,
            outputs,
            scope: &fingerprint.scope,
            words: masked(&key.ignored, words),
            ignored: &fingerprint.ignored,
            directory: fingerprint.directory.as_ref().map(|directory| directory.physical.clone()),
            parts: fingerprint.parts(),
        };
        let now = Timestamp::now();
        let limits = Limits {
            since,
            max_entries: *max_entries,
            max_size: *max_size,
            is_spent: &|exit, created| policy.is_spent(exit, created, now),
        };
        let (name, learned) = (self.name(), observation.learned());
        let filled =
            store.mended(self.notices, |store| store.fill(&name, &new, learned, &limits))?;
        Ok((filled, new))
    }
}
