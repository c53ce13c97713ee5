//! Asking the remote for a result that is not in the local store.

use super::exchange::Exchange;
use crate::call::context::Call;
use crate::call::prepare::Prepared;
use crate::options::{Execution, Sharing};
use crate::remote::{SealedObject, Unverified};
use crate::time::Lifetime;

impl Call<'_> {
    /// Fills the local store with a result of another machine. Whether there was one. The caller holds the claim.
    pub(in crate::call) fn fetch_shared(&self, prepared: &mut Prepared) -> bool {
        let is_there = self.ask(prepared);
        if let Some(Some(shared)) = self.remote.0.get() {
            prepared.store.note_remote(&shared.uses_at_end(is_there));
        }
        is_there
    }

    fn ask(&self, prepared: &mut Prepared) -> bool {
        let Some(sharing) = &self.request.sharing else { return false };
        let Some(shared) = self.shared_call(sharing, prepared) else { return false };
        let not_asked = self.why_not_asked(sharing);
        if let Some(reason) = not_asked {
            self.tell_not_asked(reason);
        }
        let is_asked_for = not_asked.is_none();
        // A result that is asked for anew takes the place of the old one.
        shared.may_replace.set(!is_asked_for);
        if !is_asked_for && !sharing.mode.writes() {
            return false;
        }
        prepared.store.release_read_lock();
        let Some(exchange) = Exchange::begin(self, shared, prepared.store.directory()) else {
            return false;
        };
        if !is_asked_for {
            // The result will say when the run ended, by the clock of the remote.
            shared.names.first().inspect(|name| exchange.hear_clock(name));
            return false;
        }
        let mut is_told = false;
        for name in &shared.names {
            let Ok(object) = exchange.get(name) else { return false };
            let Some(object) = object else { continue };
            let arrived = match SealedObject::verify(object, name, &shared.secrets) {
                Ok(object) => self.arrive(shared, prepared, object),
                Err(Unverified::Refused(refusal)) => {
                    shared.count(|uses| uses.refused += 1);
                    shared.may_replace.set(refusal.may_be_replaced());
                    Err(format!("what the remote has is refused: {refusal}"))
                }
                Err(fault) => Err(fault.to_string()),
            };
            match arrived {
                Ok(()) => {
                    // If it is too old a moment later, the command runs, and that result takes its place.
                    shared.may_replace.set(true);
                    return true;
                }
                Err(reason) => {
                    self.notices.detail(&format_args!("remote: miss: {reason}"));
                    is_told = true;
                }
            }
        }
        if !is_told {
            self.notices.detail(&"remote: miss");
        }
        false
    }

    /// Finds out what this call has to know to share its result, before standard input is left to a run in the background.
    pub(in crate::call) fn prepare_to_share(&self, prepared: &Prepared) {
        if let Some(sharing) = &self.request.sharing {
            self.shared_call(sharing, prepared);
        }
    }

    /// Why the remote is not asked, whatever it has.
    pub(super) fn why_not_asked(&self, sharing: &Sharing) -> Option<&'static str> {
        let policy = &self.request.policy;
        if !sharing.mode.reads() {
            Some("--remote-mode is write")
        } else if self.request.execution == Execution::InBackground {
            Some("--warm is set")
        } else if policy.refresh {
            Some("--refresh is set")
        } else {
            (policy.ttl == Lifetime::ZERO).then_some("--ttl is 0")
        }
    }

    /// Says why the remote is not asked, if this call shares anything.
    pub(in crate::call) fn tell_not_asked(&self, reason: &str) {
        if self.request.sharing.is_some() {
            self.notices.detail(&format_args!("remote: not asked: {reason}"));
        }
    }
}
