//! Storing the result of a run, if policy allows it and no input changed meanwhile.

use super::context::Call;
use super::outputs::{OutputsBeforeRun, new_outputs, open};
use super::store_result::NewResult;
use crate::entry::{Condition, EntryOrigin};
use crate::inputs::{InputCounts, Ledger};
use crate::key::Observation;
use crate::recording::{Abandoned, Recording};
use crate::runner::Unrecorded;
use crate::single_flight::active;
use crate::store::{Clearings, Filled, Store};
use crate::time::{Lifetime, Timestamp};
use crate::tracer::TraceFault;

/// Why a result is not stored.
pub(super) enum Unkept {
    /// It should not be.
    Reason(String),
    /// It could not be.
    Fault(String),
}

/// A run that has ended and may be stored.
pub(super) struct FinishedRun {
    pub(super) condition: Condition,
    pub(super) recording: Recording,
    /// What it did, if it was to be traced.
    pub(super) traced: Option<Result<Ledger, TraceFault>>,
    /// The state of its outputs before the run, if outputs are asked for.
    pub(super) outputs_before: Option<OutputsBeforeRun>,
}

impl From<Unrecorded> for Unkept {
    fn from(reason: Unrecorded) -> Self {
        let text = reason.to_string();
        match reason {
            Unrecorded::Abandoned(Abandoned::Unwritable(_)) => Self::Fault(text),
            _ => Self::Reason(text),
        }
    }
}

impl Call<'_> {
    /// Stores a result, unless that would be wrong: `since` are the clearings before the run.
    pub(super) fn keep(
        &self,
        store: &mut Store,
        observation: &Observation,
        ran: FinishedRun,
        since: Clearings,
    ) -> Result<Option<InputCounts>, Unkept> {
        let FinishedRun { condition, recording, traced, outputs_before } = ran;
        let reason = |reason: &dyn std::fmt::Display| Err(Unkept::Reason(reason.to_string()));
        let policy = &self.request.policy;
        if let Err(unfit) = policy.may_store(recording.exit) {
            return reason(&unfit);
        }
        if let Some(change) = observation.changed() {
            return reason(&change);
        }
        let lifetime = policy.lifetime(recording.exit);
        let inputs = match traced {
            None if self.request.key.trace.is_some() => return reason(&"it was not traced"),
            None => None,
            // An outer trace sees all that an inner one would see, and listens already.
            Some(Err(fault @ TraceFault::Occupied)) if !active().is_empty() => {
                return reason(&fault);
            }
            Some(Err(fault)) => return Err(Unkept::Fault(format!("cannot trace: {fault}"))),
            Some(Ok(ledger)) => {
                let secret = store.mended(self.notices, |store| store.secret());
                let secret = secret.map_err(|fault| Unkept::Fault(fault.to_string()))?;
                store.release_read_lock();
                let expires = lifetime != Lifetime::Unlimited;
                match ledger.finish(&secret, expires, Timestamp::now()) {
                    Ok(seen) => Some(seen),
                    Err(untraceable) => return reason(&untraceable),
                }
            }
        };
        let outputs = outputs_before.filter(|_| policy.is_success(recording.exit));
        let outputs = match outputs.map(|before| self.collect(before, inputs.as_ref())) {
            None => None,
            Some(Ok(collected)) => Some(collected),
            Some(Err(unfit)) => return reason(&unfit),
        };
        let open = |number| outputs.as_ref().map_or(Ok(None), |outputs| open(outputs, number));
        let counts = inputs.as_ref().map(|inputs| inputs.counts);
        let result = NewResult {
            condition,
            inputs,
            recording,
            origin: EntryOrigin::Run,
            outputs: outputs.as_ref().map(|outputs| new_outputs(outputs, &open)),
        };
        match self.store_result(store, observation, result, since) {
            Ok((Filled::Stored, new)) => {
                self.share(&new);
                Ok(counts)
            }
            Ok((Filled::Cleared, _)) => reason(&"it was cleared while it ran"),
            Ok((Filled::Changed, _)) => reason(&"an output was changed while it was stored"),
            Ok((Filled::TooLarge, _)) => reason(&"the result is larger than --max-size"),
            Err(fault) => Err(Unkept::Fault(fault.to_string())),
        }
    }

    /// Says whether a result was stored, or why not.
    pub(super) fn tell_kept(&self, kept: &Result<Option<InputCounts>, Unkept>) {
        match kept {
            Ok(None) => self.notices.detail(&"stored"),
            Ok(Some(counts)) => self.notices.detail(&format_args!("stored; traced: {counts}")),
            Err(Unkept::Reason(reason)) => {
                self.notices.detail(&format_args!("not stored: {reason}"));
            }
            Err(Unkept::Fault(fault)) => {
                self.notices.warn(&format_args!("{fault}; the result is not stored"));
            }
        }
    }
}
