//! What a run would do, for those who only ask. Takes nothing from standard input and stores nothing.

use super::nearest::in_full;
use super::renew::not_in_background;
use super::{Call, Hit, Miss, nesting};
use crate::entry::Entry;
use crate::key::{Key, Observation};
use crate::options::Execution;
use crate::policy::{MissReason, Policy};
use crate::stdin::Stdin;
use crate::store::Store;
use crate::time::{Timestamp, brief};

/// What a run would do.
#[derive(Debug)]
pub(in crate::commands) struct Outlook {
    pub(in crate::commands) verdict: &'static str,
    /// Why.
    pub(in crate::commands) reason: String,
    /// What would become of the command, or of the entry.
    pub(in crate::commands) then: String,
}

impl Outlook {
    fn new(verdict: &'static str, reason: impl Into<String>, then: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), then: then.into() }
    }
}

impl Call<'_> {
    /// What this call would do with what was prepared for it.
    pub(in crate::commands) fn outlook(
        &self,
        store: &Store,
        observation: &Observation,
        variants: Vec<Entry>,
        stdin: &Stdin,
    ) -> Outlook {
        let key = observation.fingerprint.key();
        if self.request.execution == Execution::InBackground {
            return Outlook::new(
                "miss",
                "asked to run in the background",
                warming(store, observation),
            );
        }
        let of_use = self.request.policy.of_use(&variants, self.asked, Timestamp::now());
        let is_open = self.request.execution != Execution::Never && stdin.may_be_of(&of_use);
        match self.choose(store, observation, variants, stdin) {
            Ok(hit) => {
                let age = hit.entry.created.age_at(Timestamp::now()).map(brief).unwrap_or_default();
                let stale = if hit.is_stale { ", stale" } else { "" };
                let reason = format!("stored {age} ago as entry {}{stale}", hit.entry.id);
                Outlook::new("hit", reason, self.serving(store, &hit))
            }
            Err(Miss { reason: MissReason::OtherStdin, .. }) if is_open => {
                let reason = "stored for some standard input, which only a run would take to see";
                Outlook::new("unknown", reason, "the entry is replayed if it was for that")
            }
            Err(Miss { reason, fallback }) => {
                let then = self.missing(store, key, stdin, fallback.as_deref());
                Outlook::new("miss", in_full(store, observation, &reason), then)
            }
        }
    }

    /// The same where nothing can be cached, for this reason.
    pub(in crate::commands) fn uncached(&self, reason: impl Into<String>) -> Outlook {
        let then = match self.request.execution {
            Execution::InBackground => "nothing runs",
            Execution::Never => MISSED,
            Execution::OnMiss => "the command runs as it is",
        };
        Outlook::new("uncached", reason, then)
    }

    fn serving(&self, store: &Store, hit: &Hit) -> &'static str {
        let may_run = self.stores(store) && self.request.execution == Execution::OnMiss;
        if !hit.is_stale {
            "the entry is replayed"
        } else if !may_run {
            "the entry is replayed, and not renewed"
        } else if !Policy::may_renew(&hit.entry, Timestamp::now()) {
            "the entry is replayed, and not renewed: that failed a moment ago"
        } else if is_running(store, hit.entry.key) {
            "the entry is replayed, and being renewed already"
        } else {
            "the entry is replayed, and renewed in the background"
        }
    }

    fn missing(&self, store: &Store, key: Key, stdin: &Stdin, fallback: Option<&Entry>) -> String {
        if self.request.execution == Execution::Never {
            return MISSED.to_owned();
        }
        let stores = self.stores(store) && stdin.can_be_told();
        let waits = self.stores(store)
            && !nesting::is_inside(key)
            && !stdin.may_depend_on_others()
            && is_running(store, key);
        let waits =
            if waits { "unless another run that is under way gives a result, " } else { "" };
        let kept = if stores { "and its result is stored" } else { "and nothing is stored" };
        let fallback = fallback.filter(|entry| matches!(store.output(entry), Ok(Some(_))));
        let fallback =
            fallback.map(|entry| format!("; if it fails, entry {} is replayed", entry.id));
        format!("{waits}the command runs, {kept}{}", fallback.unwrap_or_default())
    }
}

const MISSED: &str = "nothing runs: exit 124";

fn warming(store: &Store, observation: &Observation) -> String {
    if store.is_read_only() {
        "nothing runs: the store is read-only".to_owned()
    } else if let Some(fd) = not_in_background(observation) {
        format!("nothing runs: it would lack descriptor {fd}")
    } else if is_running(store, observation.fingerprint.key()) {
        "nothing runs: another run of the same is under way".to_owned()
    } else {
        "the command runs in the background".to_owned()
    }
}

/// Whether somebody is filling the key.
fn is_running(store: &Store, key: Key) -> bool {
    store.claims(&key).is_ok_and(|claims| !claims.are_free())
}
