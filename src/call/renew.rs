//! Running the command in the background, for later calls: `--warm` and renewals of what is served stale.
//!
//! The caller waits for nothing and loses nothing: not its input, its terminal or its output.

use super::context::Call;
use super::decide::lacking_in_background;
use super::execute::{RunClaim, Showing};
use super::inputs::CheckedInputs;
use super::keep::FinishedRun;
use super::prepare::Prepared;
use crate::entry::{Condition, Entry};
use crate::exit::Exit;
use crate::key::Observation;
use crate::options::Execution;
use crate::policy::Policy;
use crate::runner::{Background, in_background};
use crate::single_flight::{ClaimSlot, Claimed, RunState};
use crate::stdin::{Buffered, StandIn, Stdin};
use crate::store::{Store, StoreError};
use crate::time::Timestamp;
use std::io;
use std::path::Path;

impl Call<'_> {
    /// Renews an expired entry that is being served, unless that is under way or failed a moment ago. Takes from standard
    /// input what a hit takes.
    pub(super) fn renew(&self, mut prepared: Prepared, served: &Entry) -> Option<Background> {
        let may_run = self.stores(&prepared.store) && self.request.execution == Execution::OnMiss;
        if !may_run || !Policy::may_renew(served, Timestamp::now()) {
            prepared.stdin.take(served.condition);
            return None;
        }
        prepared.observation.serve_for(served.key);
        self.begin(prepared, &Renewal { condition: served.condition, served: Some(served.created) })
    }

    /// What speaks against a run in the background.
    pub(super) fn why_not_warmed(Prepared { store, observation, .. }: &Prepared) -> Option<String> {
        if store.is_read_only() {
            return Some("the store is read-only".to_owned());
        }
        let fd = lacking_in_background(observation)?;
        Some(format!("a run in the background would lack descriptor {fd}"))
    }

    /// `--warm`: runs the command in the background, whatever is stored.
    pub fn warm(&self, prepared: Prepared) -> Exit {
        let Prepared { observation, variants, stdin, .. } = &prepared;
        let key = observation.fingerprint.key();
        let ignores_stdin = |entry: &Entry| entry.key == key && entry.condition.ignores_streams();
        let condition = match stdin {
            Stdin::Buffered(Buffered { condition: Some(whole), .. }) => *whole,
            _ if variants.iter().any(ignores_stdin) => Condition::StdinUnread,
            _ => Condition::StdinAbsent,
        };
        if let Some(reason) = Self::why_not_warmed(&prepared) {
            self.notices.warn(&format_args!("{reason}; nothing is warmed"));
        } else if let Some(begun) = self.begin(prepared, &Renewal { condition, served: None }) {
            begun.outlive_us();
        }
        Exit::Code(0)
    }

    #[allow(unsafe_code)]
    fn begin(&self, prepared: Prepared, renewal: &Renewal) -> Option<Background> {
        let warn = |fault: &io::Error| {
            self.notices.warn(&format_args!("cannot run in the background: {fault}"));
        };
        let slot = prepared.claim_slot().inspect_err(warn);
        let is_free = slot.is_ok_and(|slot| slot.state() == RunState::Over);
        if is_free {
            self.prepare_to_share(&prepared);
        }
        let Prepared { store, observation, stdin, .. } = prepared;
        let directory = store.directory().to_owned();
        // An open database must not be carried into another process.
        drop(store);
        if !is_free {
            stdin.take(renewal.condition);
            return None;
        }
        let begun = StandIn::take(stdin, renewal.condition, &directory).and_then(|stand_in| {
            let keep = stand_in.descriptor();
            // SAFETY: cachex is a single thread until a command runs, since the threads that read inputs were
            // waited for; the store is opened anew.
            unsafe {
                in_background(keep, || {
                    // There is nobody to tell.
                    let _ = self.carry_out(renewal, stand_in, &directory, observation);
                })
            }
        });
        if begun.is_ok() {
            self.notices.detail(&"running in the background");
        }
        begun.inspect_err(warn).ok()
    }

    /// In the background: runs the command, unless another process is doing so or has done so, or another machine has a
    /// fresh result.
    fn carry_out(
        &self,
        renewal: &Renewal,
        stand_in: StandIn,
        directory: &Path,
        observation: Observation,
    ) -> Result<(), StoreError> {
        let mut store = Store::for_look_up(directory)?;
        let key = observation.fingerprint.key();
        let slot = ClaimSlot::open(directory, key.0.as_bytes())?;
        let Claimed::Ours(claim) = slot.claim()? else { return Ok(()) };
        let claim = RunClaim::new(Some(claim));
        let since = store.mended(self.notices, |store| store.clearings())?;
        let condition = renewal.condition;
        let found = self.look_up(&store, &[key])?;
        let (holding, _) = self.holding(&store, &observation, found)?;
        let current = holding.into_iter().find(|it| it.condition.is_same_input(condition));
        // The command may run for long.
        store.release_read_lock();
        let now = Timestamp::now();
        if !Policy::is_renewal_due(renewal.served, current.as_ref(), self.began, now) {
            return Ok(());
        }
        let (variants, checked_inputs) = (Vec::new(), CheckedInputs::default());
        let stdin = Stdin::Absent;
        let mut prepared = Prepared { store, observation, variants, checked_inputs, stdin };
        if let Ok(true) = self.fetch_shared(&mut prepared) {
            return Ok(());
        }
        let Prepared { mut store, observation, .. } = prepared;
        let observation = &observation;
        let recorder = Some(self.recorder(&store));
        let ledger = self.ledger(&store, observation);
        let outputs_before = self.outputs_before();
        let outcome = stand_in.become_stdin().ok().and_then(|mut stdin| {
            let shown = Showing::default();
            self.execute(observation, &mut stdin, recorder, ledger, shown, &claim).ok()
        });
        let ran = outcome.and_then(|it| Some((it.recording.ok()?, it.traced)));
        let renewed = ran.is_some_and(|((recording, holds_for), traced)| {
            let is_better = holds_for.covers(condition)
                && self.request.policy.may_replace(current.as_ref(), recording.exit);
            let ran = FinishedRun { condition: holds_for, recording, traced, outputs_before };
            is_better && self.keep(&mut store, observation, ran, since).is_ok()
        });
        self.push_shared(&store);
        match current {
            Some(entry) if !renewed => store.note_failed_renewal(&entry, Timestamp::now()),
            _ => Ok(()),
        }
    }
}

/// A run in the background.
struct Renewal {
    /// The standard input that its result is to hold for.
    condition: Condition,
    /// The date of the entry that was served meanwhile.
    served: Option<Timestamp>,
}
