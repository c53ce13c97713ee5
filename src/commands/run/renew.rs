//! Running the command in the background, for the calls to come.
//!
//! The caller waits for nothing and loses nothing: not its input, its terminal or its output.

use super::Call;
use super::execute::{Others, Showing};
use crate::entry::{Condition, Entry};
use crate::exit::Exit;
use crate::key::Observation;
use crate::options::Execution;
use crate::policy::Policy;
use crate::runner::{Background, in_background};
use crate::stdin::{Buffered, StandIn, Stdin};
use crate::store::{Claimed, Store, StoreError};
use crate::time::Timestamp;
use std::cell::Cell;
use std::io;
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
    ) -> Option<Background> {
        let may_run = self.stores(&store) && self.request.execution == Execution::OnMiss;
        if !may_run || !Policy::may_renew(served, Timestamp::now()) {
            stdin.take(served.condition);
            return None;
        }
        observation.serve_for(served.key);
        self.begin(store, &observation, stdin, served.condition, Some(served.created))
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
            Stdin::Buffered(Buffered { condition: Some(whole), .. }) => *whole,
            _ if variants.iter().any(ignores_stdin) => Condition::StdinUnread,
            _ => Condition::StdinAbsent,
        };
        if store.is_read_only() {
            self.notices.warn(&"the store is read-only; nothing is warmed");
        } else if let Some(fd) = not_in_background(observation) {
            self.notices.warn(&format_args!(
                "a run in the background would lack descriptor {fd}; nothing is warmed"
            ));
        } else if let Some(begun) = self.begin(store, observation, stdin, condition, None) {
            begun.let_go();
        }
        Exit::Code(0)
    }

    #[allow(unsafe_code)]
    fn begin(
        &self,
        store: Store,
        observation: &Observation,
        stdin: Stdin,
        condition: Condition,
        served: Option<Timestamp>,
    ) -> Option<Background> {
        let directory = store.directory().to_owned();
        let warn = |fault: &io::Error| {
            self.notices.warn(&format_args!("cannot run in the background: {fault}"));
        };
        let claims = store.claims(&observation.fingerprint.key()).inspect_err(warn);
        let is_free = claims.is_ok_and(|claims| claims.are_free());
        // A database must not be carried into another process.
        drop(store);
        if !is_free {
            stdin.take(condition);
            return None;
        }
        let begun = StandIn::take(stdin, condition, &directory).and_then(|stand_in| {
            let keep = stand_in.descriptor();
            // SAFETY: cachex is a single thread until a command runs, since those that looked at inputs were
            // waited for; the store is opened anew.
            unsafe {
                in_background(keep, || {
                    let renewal = Renewal { condition, served };
                    // There is nobody to tell.
                    let _ = self.carry_out(&renewal, stand_in, &directory, observation);
                })
            }
        });
        if begun.is_ok() {
            self.notices.detail(&"running in the background");
        }
        begun.inspect_err(warn).ok()
    }

    /// In the background: runs the command unless somebody else is doing so, or has done so.
    fn carry_out(
        &self,
        renewal: &Renewal,
        stand_in: StandIn,
        directory: &Path,
        observation: &Observation,
    ) -> Result<(), StoreError> {
        let mut store = Store::for_look_up(directory)?;
        let key = observation.fingerprint.key();
        let Claimed::Ours(claim) = store.claim(&key)? else { return Ok(()) };
        let claim = Cell::new(Some(claim));
        let since = self.clearings(&mut store)?;
        let condition = renewal.condition;
        let current =
            store.variants(&[key])?.into_iter().find(|it| it.condition.is_same_input(condition));
        if !renewal.is_due(current.as_ref(), self.asked) {
            return Ok(());
        }
        let recorder = Some(self.recorder(&store));
        let others = Others { held_up: &|| {}, unstorable: &|| drop(claim.take()) };
        let shown = Showing::default();
        let outcome = stand_in
            .become_stdin()
            .ok()
            .and_then(|stdin| self.execute(observation, stdin, recorder, shown, others).ok());
        let recording = outcome.and_then(|outcome| outcome.recording.ok());
        let is_success = |exit| self.request.policy.is_success(exit);
        let is_better =
            |exit| is_success(exit) || !current.as_ref().is_some_and(|it| is_success(it.exit));
        let renewed = recording.is_some_and(|(recording, holds_for)| {
            holds_for.is_same_input(condition)
                && is_better(recording.exit)
                && self.keep(&mut store, observation, holds_for, recording, since).is_ok()
        });
        match current {
            Some(entry) if !renewed => store.note_failed_renewal(&entry, Timestamp::now()),
            _ => Ok(()),
        }
    }
}

/// A descriptor that counts and that a run in the background does not have.
pub(super) fn not_in_background(observation: &Observation) -> Option<i32> {
    observation.fingerprint.inherited_files.first().copied()
}

/// A run in the background.
struct Renewal {
    /// What its result is to hold for.
    condition: Condition,
    /// The date of the entry that was served meanwhile.
    served: Option<Timestamp>,
}

impl Renewal {
    /// Whether the entry that is there now is the one to renew: while this process was being made,
    /// somebody else may have done so, or tried to, or cleared it.
    fn is_due(&self, current: Option<&Entry>, asked: Timestamp) -> bool {
        let now = Timestamp::now();
        match (self.served, current) {
            (Some(served), Some(current)) => {
                current.created == served && Policy::may_renew(current, now)
            }
            (Some(_), None) => false,
            (None, Some(current)) => {
                current.created <= asked || current.created.age_at(now).is_none()
            }
            (None, None) => true,
        }
    }
}
