//! Storing the result of a run, if policy allows it and no input changed meanwhile.

use super::context::Call;
use super::outputs::{OutputsBeforeRun, new_outputs, open};
use super::store_result::NewResult;
use crate::entry::{Condition, EntryOrigin};
use crate::inputs::{InputCounts, Ledger, SeenInputs};
use crate::key::Observation;
use crate::recording::{Abandoned, Recording};
use crate::runner::Unrecorded;
use crate::single_flight::active;
use crate::store::{Clearings, Filled, Store};
use crate::time::{Lifetime, Timestamp};
use crate::tracer::TraceFault;
use std::fmt::Display;

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

impl Unkept {
    fn reason(reason: impl Display) -> Self {
        Self::Reason(reason.to_string())
    }
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
        let policy = &self.request.policy;
        policy.may_store(recording.exit).map_err(Unkept::reason)?;
        observation.changed().map_or(Ok(()), Err).map_err(Unkept::reason)?;
        let expires = policy.lifetime(recording.exit) != Lifetime::Unlimited;
        let inputs = self.seen_inputs(store, traced, expires)?;
        let outputs = outputs_before.filter(|_| policy.is_success(recording.exit));
        let outputs = outputs.map(|before| self.collect(before, inputs.as_ref()));
        let outputs = outputs.transpose().map_err(Unkept::reason)?;
        let open = |number| outputs.as_ref().map_or(Ok(None), |outputs| open(outputs, number));
        let counts = inputs.as_ref().map(|inputs| inputs.counts);
        let result = NewResult {
            condition,
            inputs,
            recording,
            origin: EntryOrigin::Run,
            outputs: outputs.as_ref().map(|outputs| new_outputs(outputs, &open)),
        };
        let stored = self.store_result(store, observation, result, since);
        let (filled, new) = stored.map_err(|fault| Unkept::Fault(fault.to_string()))?;
        Err(Unkept::reason(match filled {
            Filled::Stored => {
                self.share(&new);
                return Ok(counts);
            }
            Filled::Cleared => "it was cleared while it ran",
            Filled::Changed => "an output was changed while it was stored",
            Filled::TooLarge => "the result is larger than --max-size",
        }))
    }

    /// The inputs of a run, if it was to be traced. `expires`: its result is only stored for a finite time.
    fn seen_inputs(
        &self,
        store: &mut Store,
        traced: Option<Result<Ledger, TraceFault>>,
        expires: bool,
    ) -> Result<Option<SeenInputs>, Unkept> {
        match traced {
            None if self.request.key.trace.is_some() => Err(Unkept::reason("it was not traced")),
            None => Ok(None),
            // An outer trace sees all that an inner one would see, and listens already.
            Some(Err(fault @ TraceFault::Occupied)) if !active().is_empty() => {
                Err(Unkept::reason(fault))
            }
            Some(Err(fault)) => Err(Unkept::Fault(format!("cannot trace: {fault}"))),
            Some(Ok(ledger)) => {
                let secret = store.mended(self.notices, |store| store.secret());
                let secret = secret.map_err(|fault| Unkept::Fault(fault.to_string()))?;
                store.release_read_lock();
                let seen = ledger.finish(&secret, expires, Timestamp::now());
                seen.map(Some).map_err(Unkept::reason)
            }
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
