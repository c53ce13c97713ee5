//! What is stored for a call, and whether it may be replayed.

use super::Call;
use super::renew::not_in_background;
use crate::entry::{Entry, Kind};
use crate::key::{DigestMemory, Key, Observation, observe};
use crate::options::{Execution, Request, StdinMode};
use crate::policy::{MissReason, Policy, Verdict};
use crate::progress::Spinner;
use crate::recording::Body;
use crate::runner;
use crate::stdin::{Buffered, Stdin, StreamState};
use crate::store::{Store, StoreError};
use crate::time::{Lifetime, Timestamp, brief};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a decision needs.
pub(in crate::commands) struct Prepared {
    pub(in crate::commands) store: Store,
    /// The inputs of the call.
    pub(in crate::commands) observation: Observation,
    /// What is stored for them.
    pub(in crate::commands) variants: Vec<Entry>,
    pub(in crate::commands) stdin: Stdin,
}

impl Call<'_> {
    /// All that is needed to decide.
    ///
    /// # Errors
    /// Why nothing may be replayed or stored.
    pub(in crate::commands) fn prepare(
        &self,
        directory: Result<PathBuf, String>,
    ) -> Result<Prepared, String> {
        runner::have_room().map_err(|fault| fault.to_string())?;
        let store = Store::for_look_up(&directory?).map_err(|fault| fault.to_string())?;
        let memory: &dyn DigestMemory = &store;
        let Request { words, key, .. } = self.request;
        let spinner = self.request.reading.as_deref().map(Spinner::new).map(Mutex::new);
        let tick = || {
            if let Some(mut spinner) = spinner.as_ref().and_then(|spinner| spinner.try_lock().ok())
            {
                spinner.tick();
            }
        };
        let observation = observe(self.program, words, key, Some(memory), self.asked, &tick);
        drop(spinner);
        let observation = observation.map_err(|fault| fault.to_string())?;
        let keys = observation.fingerprint.keys();
        let (store, variants) = self.look_up(store, &keys).map_err(|fault| fault.to_string())?;
        let stdin =
            self.survey_stdin(&store, &variants).map_err(|fault| unreadable_stdin(&fault))?;
        Ok(Prepared { store, observation, variants, stdin })
    }

    pub(super) fn begin_anew(&self, directory: &Path, what: &str) -> Result<Store, StoreError> {
        let store = Store::begin_anew(directory)?;
        self.notices.warn(&format_args!("the store was damaged ({what}) and begins anew"));
        Ok(store)
    }

    fn look_up(&self, store: Store, keys: &[Key]) -> Result<(Store, Vec<Entry>), StoreError> {
        match store.hold().and_then(|()| store.variants(keys)) {
            Err(StoreError::Damaged(what)) => {
                store.release_read_lock();
                Ok((self.begin_anew(store.directory(), &what)?, Vec::new()))
            }
            variants => variants.map(|variants| (store, variants)),
        }
    }

    /// Standard input, looked into where that can tell a hit, and read only on request.
    fn survey_stdin(&self, store: &Store, variants: &[Entry]) -> io::Result<Stdin> {
        let directory = store.directory();
        let survey = || {
            let stdin = Stdin::survey();
            if stdin.may_take_long() {
                store.release_read_lock();
            }
            stdin
        };
        let stdin = match self.request.stdin {
            StdinMode::Ignore => Ok(Stdin::Absent),
            StdinMode::Auto if self.request.execution == Execution::InBackground => {
                Ok(Stdin::Absent)
            }
            _ if Stdin::is_closed() => Ok(Stdin::Closed),
            // Nobody would get what is read.
            StdinMode::Read if self.only_looks => {
                store.release_read_lock();
                let unknown = Stdin::Stream(Kind::Pipe, StreamState::Open);
                let known = |held| Stdin::Buffered(self.hashed(held));
                Buffered::peek(directory).map(|held| held.map_or(unknown, known))
            }
            StdinMode::Read => {
                store.release_read_lock();
                Buffered::read(directory).map(|held| Stdin::Buffered(self.hashed(held)))
            }
            StdinMode::Auto => {
                let of_use = self.request.policy.of_use(variants, self.asked, Timestamp::now());
                let may_take = !self.only_looks && self.request.execution != Execution::Never;
                survey().look_ahead(&of_use, may_take.then_some(directory))
            }
        };
        if let (StdinMode::Read, Ok(Stdin::Buffered(Buffered { condition: None, .. }))) =
            (self.request.stdin, &stdin)
        {
            self.notices.warn(&"standard input cannot be kept; the result is not stored");
        }
        stdin
    }

    /// What was read of standard input, as `--hash-with` lets it count.
    fn hashed(&self, mut held: Buffered) -> Buffered {
        let Some(hash) = self.request.key.stdin_hash() else { return held };
        let hashed = held.count_as(|content| hash.digest(Path::new("standard input"), content));
        if let Err(fault) = hashed {
            self.notices.warn(&format_args!("{fault}; the result is not stored"));
        }
        held
    }

    /// What may be replayed, or why the command has to run. From then on others can write.
    pub(in crate::commands) fn choose(
        &self,
        store: &Store,
        observation: &Observation,
        variants: Vec<Entry>,
        stdin: &Stdin,
    ) -> Result<Hit, Miss> {
        let chosen = self.decide(store, observation, variants, stdin);
        store.release_read_lock();
        chosen
    }

    /// What is not to be served stale where a run in the background would be another one.
    fn policy_for(&self, observation: &Observation) -> Cow<'_, Policy> {
        let policy = &self.request.policy;
        match not_in_background(observation) {
            Some(_) => Cow::Owned(policy.without_renewals()),
            None => Cow::Borrowed(policy),
        }
    }

    fn tell_unserved(&self, observation: &Observation, reason: &MissReason) {
        let is_patient = self.request.policy.stale_while_revalidate != Lifetime::ZERO;
        if let (MissReason::Expired(_), true, Some(fd)) =
            (reason, is_patient, not_in_background(observation))
        {
            self.notices
                .detail(&format_args!("not served stale: a renewal would lack descriptor {fd}"));
        }
    }

    fn decide(
        &self,
        store: &Store,
        observation: &Observation,
        variants: Vec<Entry>,
        stdin: &Stdin,
    ) -> Result<Hit, Miss> {
        let (key, policy) = (observation.fingerprint.key(), self.policy_for(observation));
        let holds = stdin.holds(&variants);
        let own: Vec<_> = variants.iter().filter(|entry| entry.key == key).cloned().collect();
        let output = |entry: &Entry| {
            store.output(entry).map_err(|fault| {
                store.release_read_lock();
                self.notices.warn(&format_args!("{fault}; the command runs again"));
                MissReason::Unreadable
            })
        };
        let without_fallback = |reason| Miss { reason, fallback: None };
        let (entry, age, is_stale) =
            match policy.admit(variants, holds, self.asked, Timestamp::now()) {
                Verdict::Replay(entry, age) => (entry, age, false),
                Verdict::ReplayStale(entry, age) => (entry, age, true),
                Verdict::Execute(_, Some(fallback)) if !is_in_order(store, key, &fallback) => {
                    return self.decide(store, observation, own, stdin);
                }
                Verdict::Execute(reason, fallback) => {
                    self.tell_unserved(observation, &reason);
                    return Err(Miss { reason, fallback });
                }
            };
        let Some(mut body) = output(&entry).map_err(without_fallback)? else {
            return match replaced(store, &entry) {
                Some(variants) => self.decide(store, observation, variants, stdin),
                None => Err(without_fallback(MissReason::Damaged)),
            };
        };
        if entry.key != key && !body.is_of_one_stream() {
            return self.decide(store, observation, own, stdin);
        }
        if !stdin.is_still(entry.condition) {
            return Err(without_fallback(MissReason::OtherStdin));
        }
        // stderr may block: release the lock first.
        store.release_read_lock();
        if self.notices.are_detailed() {
            let _ = body.let_go();
        }
        let stale = if is_stale { ", stale" } else { "" };
        self.notices.detail(&format_args!("hit: stored {} ago{stale}", brief(age)));
        Ok(Hit { entry: *entry, body, is_stale })
    }
}

/// Whether an entry that was found for this key can be replayed in the order in which it was written: what was
/// recorded under another key went to two streams.
fn is_in_order(store: &Store, key: Key, entry: &Entry) -> bool {
    let body = || store.output(entry).ok().flatten();
    entry.key == key || body().is_some_and(|body| body.is_of_one_stream())
}

/// What is stored now in place of an entry that is no more: long output is read apart from it, and another may have been
/// stored in between.
fn replaced(store: &Store, entry: &Entry) -> Option<Vec<Entry>> {
    let variants = store.variants(&[entry.key]).ok()?;
    (!variants.iter().any(|other| other.is_same_as(entry))).then_some(variants)
}

pub(super) fn unreadable_stdin(fault: &io::Error) -> String {
    format!("cannot read standard input: {fault}")
}

/// What is replayed.
pub(in crate::commands) struct Hit {
    pub(in crate::commands) entry: Entry,
    /// Its output, checked.
    pub(super) body: Body,
    /// Whether it expired and is to be renewed.
    pub(in crate::commands) is_stale: bool,
}

/// Why the command has to run, and what to replay should it fail.
pub(in crate::commands) struct Miss {
    pub(in crate::commands) reason: MissReason,
    pub(super) fallback: Option<Box<Entry>>,
}
