//! A miss: the command runs, and its result is stored.
//!
//! Whether it is stored or not, the exit is the command's. Other callers wait as long as the claim is held.

use super::context::Call;
use super::ending;
use super::execute::{RunClaim, Showing};
use super::fall_back::Fallback;
use super::keep::{FinishedRun, Unkept};
use super::prepare::Prepared;
use crate::entry::Entry;
use crate::error::Error;
use crate::exit::Exit;
use crate::progress::Spinner;
use crate::recording::Abandoned;
use crate::runner::{Outcome, SpawnError, Unrecorded};
use crate::single_flight::Claim;
use crate::store::{Clearings, Store};

impl Call<'_> {
    /// Runs the command and stores its result. If it fails, `fallback` is replayed in its place.
    pub(super) fn fill(
        &self,
        prepared: Prepared,
        fallback: Option<Box<Entry>>,
        claim: Option<Claim>,
    ) -> Result<Exit, Error> {
        let Prepared { mut store, observation, mut stdin, .. } = prepared;
        let since = self.clearings_if_storing(&mut store);
        let claim = RunClaim::new(claim.filter(|_| since.is_ok()));
        let fallback = fallback.map(|entry| Fallback::new(self, &store, *entry));
        let is_unwanted = |exit| {
            let is_failure = !self.request.policy.is_success(exit);
            is_failure && fallback.as_ref().and_then(Fallback::output).is_some()
        };
        let recorder = (since.is_ok() || fallback.is_some()).then(|| self.recorder(&store));
        let outputs_before = self.outputs_before().filter(|_| since.is_ok());
        let ledger = if since.is_ok() { self.ledger(&store, &observation) } else { None };
        let shown = Showing {
            spinner: self.request.spinner.as_deref().map(Spinner::new),
            withhold: fallback.is_some().then_some(&is_unwanted as &dyn Fn(Exit) -> bool),
        };
        let outcome = match self.execute(&observation, &mut stdin, recorder, ledger, shown, &claim)
        {
            Ok(outcome) => Ok(outcome),
            Err(fault @ SpawnError::Unavailable(_)) => {
                claim.give_up();
                return self.run_uncached_with(stdin.into_buffered(), &fault.to_string());
            }
            Err(fault) => Err(ending::not_started(self.program, fault)),
        };
        if let (Some(failure), Some(fallback)) = (failure(&outcome), &fallback)
            && let Some(body) = fallback.output()
        {
            claim.give_up();
            return self.fall_back(fallback, body, &failure);
        }
        let Outcome { exit, recording, traced, lost, .. } = outcome?;
        let kept = match (since, recording) {
            (Ok(since), Ok((recording, condition))) => {
                let ran = FinishedRun { condition, recording, traced, outputs_before };
                self.keep(&mut store, &observation, ran, since)
            }
            (Ok(_), Err(reason))
            | (Err(_), Err(reason @ Unrecorded::Abandoned(Abandoned::Unwritable(_)))) => {
                Err(reason.into())
            }
            (Err(reason), _) => Err(Unkept::Reason(reason)),
        };
        // The reader of stderr may be slow: let the others go on first.
        claim.give_up();
        self.tell_kept(&kept);
        self.push_shared(&store);
        ending::of_run(lost, exit)
    }

    /// The clearings before the run, or why its result will not be stored.
    fn clearings_if_storing(&self, store: &mut Store) -> Result<Clearings, String> {
        if self.request.no_store {
            return Err("--no-store is set".to_owned());
        }
        let clearings = if store.is_read_only() {
            Err("the store is read-only".to_owned())
        } else {
            store.mended(self.notices, |store| store.clearings()).map_err(|fault| fault.to_string())
        };
        clearings.inspect_err(|fault| {
            self.notices.warn(&format_args!("{fault}; the result is not stored"));
        })
    }
}

/// How a run failed, for which a fallback is replayed in its place.
fn failure(outcome: &Result<Outcome, Error>) -> Option<String> {
    match outcome {
        Ok(outcome) => outcome.withheld.then(|| outcome.exit.to_string()),
        Err(error) => Some(error.to_string()),
    }
}
