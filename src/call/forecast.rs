//! What a run would do, for `explain`. Takes nothing from standard input and stores nothing.

use super::context::Call;
use super::decide::{Hit, Miss};
use super::prepare::Prepared;
use crate::entry::Entry;
use crate::options::Execution;
use crate::policy::{MissReason, Policy};
use crate::single_flight::{active, may_wait};
use crate::time::{Timestamp, brief};

/// What a run would do.
#[derive(Debug)]
pub struct Forecast {
    /// `hit`, `miss`, `unknown` or `uncached`.
    pub verdict: &'static str,
    /// Why.
    pub reason: String,
    /// What would become of the command, or of the entry.
    pub then: String,
}

impl Forecast {
    fn new(verdict: &'static str, reason: impl Into<String>, then: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), then: then.into() }
    }
}

const MISSED: &str = "nothing runs: exit 124";

impl Call<'_> {
    /// What this call would do with what was prepared for it.
    pub fn forecast(&self, prepared: &Prepared) -> Forecast {
        if self.request.execution == Execution::InBackground {
            return Forecast::new("miss", "asked to run in the background", warming(prepared));
        }
        let Prepared { variants, stdin, .. } = prepared;
        let usable = self.request.policy.usable(variants, self.began, Timestamp::now());
        let is_open =
            self.request.execution != Execution::Never && stdin.may_match_once_read(&usable);
        match self.choose(prepared) {
            Ok(hit) => {
                let age = hit.entry.created.age_at(Timestamp::now()).unwrap_or_default();
                let facts = self.facts_of(&hit, age, prepared);
                let reason = format!("stored {} ago as entry {}{facts}", brief(age), hit.entry.id);
                let files = hit.outputs.as_ref();
                let files = files.map(|files| format!("; {}", files.foretold()));
                let then = self.serving(prepared, &hit).to_owned() + &files.unwrap_or_default();
                Forecast::new("hit", reason, then)
            }
            Err(Miss { reason: MissReason::OtherStdin, .. }) if is_open => {
                let reason = "stored, but only reading standard input would tell for which content";
                Forecast::new("unknown", reason, "the entry is replayed if the content is the same")
            }
            Err(Miss { reason, fallback }) => {
                let then = self.missing(prepared, fallback.as_deref());
                Forecast::new("miss", self.in_full(prepared, &reason), then)
            }
        }
    }

    /// The same where nothing can be cached, for this reason.
    pub fn forecast_uncached(&self, reason: impl Into<String>) -> Forecast {
        let then = match self.request.execution {
            Execution::InBackground => "nothing runs",
            Execution::Never => MISSED,
            Execution::OnMiss => "the command runs uncached",
        };
        Forecast::new("uncached", reason, then)
    }

    fn serving(&self, prepared: &Prepared, hit: &Hit) -> &'static str {
        let may_run = self.stores(&prepared.store) && self.request.execution == Execution::OnMiss;
        if !hit.is_stale {
            "the entry is replayed"
        } else if !may_run {
            "the entry is replayed, and not renewed"
        } else if !Policy::may_renew(&hit.entry, Timestamp::now()) {
            "the entry is replayed, and not renewed: that failed a moment ago"
        } else if prepared.is_running() {
            "the entry is replayed, and another process is renewing it"
        } else {
            "the entry is replayed, and renewed in the background"
        }
    }

    fn missing(&self, prepared: &Prepared, fallback: Option<&Entry>) -> String {
        if self.request.execution == Execution::Never {
            let sharing = self.request.sharing.as_ref().filter(|_| self.stores(&prepared.store));
            let is_asked = sharing.is_some_and(|sharing| sharing.mode.reads());
            let unless = if is_asked { ", unless the remote has a result" } else { "" };
            return format!("{MISSED}{unless}");
        }
        let Prepared { store, observation, stdin, .. } = prepared;
        let stores = self.stores(store) && stdin.has_condition();
        let waits = self.stores(store)
            && may_wait(&active(), observation.fingerprint.key())
            && !stdin.may_depend_on_others()
            && prepared.is_running();
        let waits = if waits { "unless another run in progress gives a result, " } else { "" };
        let kept = if stores { "and its result is stored" } else { "and nothing is stored" };
        let fallback = fallback.filter(|entry| {
            matches!(store.output(entry), Ok(Some(_))) && self.bring_back(store, entry).is_ok()
        });
        let fallback =
            fallback.map(|entry| format!("; if it fails, entry {} is replayed", entry.id));
        format!("{waits}the command runs, {kept}{}", fallback.unwrap_or_default())
    }
}

fn warming(prepared: &Prepared) -> String {
    if let Some(reason) = Call::why_not_warmed(prepared) {
        format!("nothing runs: {reason}")
    } else if prepared.is_running() {
        "nothing runs: another run of the same call is in progress".to_owned()
    } else {
        "the command runs in the background".to_owned()
    }
}
