//! The decision: which entry may be replayed, or why the command has to run.

use super::context::Call;
use super::outputs::BroughtBack;
use super::prepare::Prepared;
use crate::entry::Entry;
use crate::key::{Key, Observation};
use crate::policy::{MissReason, Policy, Verdict};
use crate::recording::Body;
use crate::store::Store;
use crate::time::{Lifetime, Timestamp, brief};
use std::borrow::Cow;
use std::time::Duration;

/// The entry to replay.
pub struct Hit {
    pub(super) entry: Entry,
    /// Its output, checked.
    pub(super) body: Body,
    /// Whether it has expired and is to be renewed.
    pub(super) is_stale: bool,
    /// The files that are back, if it came with any.
    pub(super) outputs: Option<BroughtBack>,
}

/// Why the command has to run.
pub struct Miss {
    /// The reason.
    pub reason: MissReason,
    /// The entry to replay if the command fails.
    pub fallback: Option<Box<Entry>>,
}

impl Miss {
    fn without_fallback(reason: MissReason) -> Self {
        Self { reason, fallback: None }
    }
}

impl Call<'_> {
    /// The entry to replay, or why the command has to run. Releases the read lock of the store.
    pub fn choose(&self, prepared: &Prepared) -> Result<Hit, Miss> {
        let chosen = self.decide(prepared, &prepared.variants);
        prepared.store.release_read_lock();
        chosen
    }

    fn decide(&self, prepared: &Prepared, variants: &[Entry]) -> Result<Hit, Miss> {
        let Prepared { store, observation, stdin, .. } = prepared;
        let (key, policy) = (observation.fingerprint.key(), self.policy_for(observation));
        let own = || variants.iter().filter(|entry| entry.key == key).cloned().collect::<Vec<_>>();
        let holds = stdin.holds(variants);
        let (entry, age, is_stale) =
            match policy.admit(variants, holds, self.began, Timestamp::now()) {
                Verdict::Replay { entry, age, is_stale } => (entry, age, is_stale),
                Verdict::Execute { fallback: Some(entry), .. }
                    if !is_in_order(store, key, &entry) =>
                {
                    return self.decide(prepared, &own());
                }
                Verdict::Execute { reason, fallback } => {
                    let reason = match (reason, &prepared.checked_inputs.outdated) {
                        (MissReason::Absent, Some(_)) => MissReason::OtherInputs,
                        (reason, _) => reason,
                    };
                    self.tell_unserved(observation, &reason);
                    return Err(Miss { reason, fallback });
                }
            };
        let Some(body) = self.output(store, &entry)? else {
            return Err(Miss::without_fallback(MissReason::Damaged));
        };
        if entry.key != key && body.streams().is_both() {
            return self.decide(prepared, &own());
        }
        if !stdin.is_still(entry.condition) {
            return Err(Miss::without_fallback(MissReason::OtherStdin));
        }
        // The reader of stderr may be slow, and files may be large: release the lock first.
        store.release_read_lock();
        let outputs = self.bring_back(store, &entry).map_err(Miss::without_fallback)?;
        let hit = Hit { entry: *entry, body, is_stale, outputs };
        if self.notices.are_detailed() {
            let (facts, age) = (self.facts_of(&hit, age, prepared), brief(age));
            self.notices.detail(&format_args!("hit: stored {age} ago{facts}"));
        }
        Ok(hit)
    }

    /// What there is to say of a hit beside its age.
    pub(super) fn facts_of(&self, hit: &Hit, age: Duration, prepared: &Prepared) -> String {
        let stale = if hit.is_stale { ", stale" } else { "" };
        let inputs = prepared.checked_inputs.count_of(&hit.entry).map(inputs_hold);
        let failure = self.replayed_failure(&hit.entry, age);
        format!("{stale}{}{}", inputs.unwrap_or_default(), failure.unwrap_or_default())
    }

    /// What there is to say of the replay of a failure: its cause may have been mended.
    fn replayed_failure(&self, entry: &Entry, age: Duration) -> Option<String> {
        let policy = &self.request.policy;
        if policy.is_success(entry.exit) {
            return None;
        }
        let left = match policy.lifetime(entry.exit) {
            Lifetime::For(limit) => format!(" for another {}", brief(limit.saturating_sub(age))),
            Lifetime::Unlimited => String::new(),
        };
        let code = entry.exit.status();
        Some(format!("; a failure (exit {code}), replayed{left}: --refresh runs it again"))
    }

    /// The checked output of an entry; `None` if it is damaged or gone.
    fn output(&self, store: &Store, entry: &Entry) -> Result<Option<Body>, Miss> {
        store.output(entry).map_err(|fault| {
            store.release_read_lock();
            self.notices.warn(&format_args!("{fault}; the command runs again"));
            Miss::without_fallback(MissReason::Unreadable)
        })
    }

    /// The policy of the call. Nothing is served stale where a run in the background would be a different run.
    fn policy_for(&self, observation: &Observation) -> Cow<'_, Policy> {
        let policy = &self.request.policy;
        match lacking_in_background(observation) {
            Some(_) => Cow::Owned(policy.without_renewals()),
            None => Cow::Borrowed(policy),
        }
    }

    fn tell_unserved(&self, observation: &Observation, reason: &MissReason) {
        let is_patient = self.request.policy.stale_while_revalidate != Lifetime::ZERO;
        if let (MissReason::Expired(_), true, Some(fd)) =
            (reason, is_patient, lacking_in_background(observation))
        {
            self.notices
                .detail(&format_args!("not served stale: a renewal would lack descriptor {fd}"));
        }
    }
}

/// What there is to say of a hit of an entry with so many inputs.
fn inputs_hold(count: usize) -> String {
    match count {
        1 => "; its input is as it was".to_owned(),
        count => format!("; its {count} inputs are as they were"),
    }
}

/// An inherited descriptor that counts and that a run in the background would lack.
pub(super) fn lacking_in_background(observation: &Observation) -> Option<i32> {
    observation.fingerprint.inherited_files.first().copied()
}

/// Whether an entry that was found for this key can be replayed in the order in which it was written. An entry of
/// another key was recorded from two streams.
fn is_in_order(store: &Store, key: Key, entry: &Entry) -> bool {
    let body = || store.output(entry).ok().flatten();
    entry.key == key || body().is_some_and(|body| !body.streams().is_both())
}
