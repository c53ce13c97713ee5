//! Running the command in the background, for the calls to come.

use super::Call;
use crate::entry::{Condition, Entry};
use crate::exit::Exit;
use crate::key::Observation;
use crate::policy::Policy;
use crate::runner::in_background;
use crate::settings::Execution;
use crate::stdin::{Held, StandIn, Stdin};
use crate::store::{Claimed, Store, StoreError};
use crate::time::Timestamp;
use std::path::Path;

impl Call<'_> {
    /// Has an entry renewed that is being served though it expired, unless that is under way, or
    /// failed a moment ago. Takes from standard input what a hit takes.
    pub(super) fn renew(
        &self,
        store: Store,
        mut observation: Observation,
        stdin: Stdin,
        served: &Entry,
    ) {
        let may_run = self.stores(&store) && self.request.execution == Execution::OnMiss;
        if !may_run || !Policy::may_renew(served, Timestamp::now()) {
            return stdin.take(served.condition);
        }
        observation.serve_for(served.key);
        self.begin(store, &observation, stdin, served.condition, Some(served.created));
    }

    /// `--warm`: has the command run in the background, whatever is stored.
    pub(super) fn warm(
        &self,
        store: Store,
        observation: &Observation,
        stdin: Stdin,
        variants: &[Entry],
    ) -> Exit {
        let key = observation.fingerprint.key();
        let ignores_stdin =
            |entry: &Entry| entry.key == key && entry.condition == Condition::StdinUnread;
        let condition = match &stdin {
            Stdin::Held(Held { condition: Some(whole), .. }) => *whole,
            _ if variants.iter().any(ignores_stdin) => Condition::StdinUnread,
            _ => Condition::StdinAbsent,
        };
        if store.is_read_only() {
            self.notices.warn(&"the store is read-only; nothing is warmed");
        } else {
            self.begin(store, observation, stdin, condition, None);
        }
        Exit::Code(0)
    }

    fn begin(
        &self,
        store: Store,
        observation: &Observation,
        stdin: Stdin,
        condition: Condition,
        served: Option<Timestamp>,
    ) {
        let directory = store.directory().to_owned();
        let is_free =
            store.claims(&observation.fingerprint.key()).is_ok_and(|claims| claims.are_free());
        // A database must not be carried into another process.
        drop(store);
        let begun = StandIn::take(stdin, condition, &directory).and_then(|stand_in| {
            if !is_free {
                return Ok(());
            }
            let file = stand_in.file.try_clone()?;
            in_background(&file, || {
                let renewal = Renewal { condition, served, stand_in };
                // There is nobody to tell.
                let _ = self.carry_out(renewal, &directory, observation);
            })
        });
        match begun {
            Ok(()) => self.notices.detail(&"running in the background"),
            Err(fault) => self.notices.warn(&format_args!("cannot run in the background: {fault}")),
        }
    }

    /// In the background: runs the command unless somebody else is doing so, or has done so.
    fn carry_out(
        &self,
        Renewal { condition, served, stand_in }: Renewal,
        directory: &Path,
        observation: &Observation,
    ) -> Result<(), StoreError> {
        let mut store = self.open(directory)?;
        let key = observation.fingerprint.key();
        let Claimed::Ours(_claim) = store.claim(&key)? else { return Ok(()) };
        let since = store.clearings()?;
        let current = store.variants(&[key])?.into_iter().find(|it| it.condition == condition);
        let created = current.as_ref().map(|entry| entry.created);
        let is_due = match served {
            Some(_) => created == served,
            None => created.is_none_or(|created| created <= self.asked),
        };
        if !is_due {
            return Ok(());
        }
        let recorder = Some(self.recorder(&store));
        let outcome = self.execute(observation, stand_in.into_stdin(), recorder, None, None);
        let recording = outcome.ok().and_then(|outcome| outcome.recording.ok());
        let is_success = |exit| self.request.policy.is_success(exit);
        let is_better =
            |exit| is_success(exit) || !current.as_ref().is_some_and(|it| is_success(it.exit));
        let renewed = recording.is_some_and(|(recording, holds_for)| {
            holds_for == condition
                && is_better(recording.exit)
                && self.keep(&mut store, observation, condition, recording, since)
        });
        match current {
            Some(entry) if !renewed => store.note_failed_renewal(&entry, Timestamp::now()),
            _ => Ok(()),
        }
    }
}

/// A run in the background.
struct Renewal {
    /// What its result is to hold for.
    condition: Condition,
    /// The date of the entry that was served meanwhile.
    served: Option<Timestamp>,
    stand_in: StandIn,
}
