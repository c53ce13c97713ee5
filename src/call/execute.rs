//! Running the command of a call: what the runner is told.

use super::context::Call;
use crate::exit::Exit;
use crate::inputs::Ledger;
use crate::key::Observation;
use crate::options::Request;
use crate::progress::Spinner;
use crate::recording::Recorder;
use crate::runner::{self, Job, Outcome, SpawnError};
use crate::single_flight::{Claim, active, active_within};
use crate::stdin::Stdin;
use crate::store::Store;
use std::cell::RefCell;

/// How a run shows its output and progress; by default to nobody.
#[derive(Default)]
pub(super) struct Showing<'a> {
    pub(super) spinner: Option<Spinner>,
    /// Output is held back until the end, and then not shown after such an exit.
    pub(super) withhold: Option<&'a dyn Fn(Exit) -> bool>,
}

/// The claim of a run, given up as soon as its result is stored or cannot be.
pub(super) struct RunClaim(RefCell<Option<Claim>>);

impl RunClaim {
    pub(super) fn new(claim: Option<Claim>) -> Self {
        Self(RefCell::new(claim))
    }

    /// Lets one of the callers that wait run for the others.
    fn hand_on(&self) {
        if let Some(claim) = &*self.0.borrow() {
            claim.hand_on();
        }
    }

    /// Lets all callers go on that wait.
    pub(super) fn give_up(&self) {
        self.0.take();
    }
}

impl Call<'_> {
    /// What takes the output down.
    pub(super) fn recorder(&self, store: &Store) -> Recorder {
        let Request { max_output, max_size, .. } = self.request;
        Recorder::new(store.directory().to_owned(), *max_output.min(max_size))
    }

    /// Runs the command. What it does not get of its standard input stays there: all of it if it was not started.
    pub(super) fn execute(
        &self,
        observation: &Observation,
        stdin: &mut Stdin,
        recorder: Option<Recorder>,
        ledger: Option<Ledger>,
        Showing { spinner, withhold }: Showing<'_>,
        claim: &RunClaim,
    ) -> Result<Outcome, SpawnError> {
        observation.watch();
        let key = observation.fingerprint.key();
        let mut job = Job {
            program: &self.program.found,
            words: &self.request.words,
            environment: Some(self.environment(active_within(&active(), key))),
            stdin: std::mem::replace(stdin, Stdin::Absent),
            outputs: observation.fingerprint.outputs,
            recorder: recorder.map(Box::new),
            trace: ledger,
            spinner,
            withhold,
            held_up: &|| claim.hand_on(),
            unstorable: &|| claim.give_up(),
        };
        let outcome = runner::run(&mut job);
        *stdin = job.stdin;
        outcome
    }
}
