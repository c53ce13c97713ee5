//! Of many callers of one key, one runs the command and the others wait for its result.

use super::context::Call;
use super::decide::{Hit, Miss};
use super::prepare::{Prepared, unreadable_stdin};
use crate::entry::Entry;
use crate::error::Error;
use crate::exit::Exit;
use crate::policy::Policy;
use crate::progress::Spinner;
use crate::runner;
use crate::single_flight::{Claim, ClaimSlot, Claimed, RunState, active, may_wait};
use crate::stdin::Stdin;
use crate::time::Timestamp;
use std::io;

/// Why a run beside others of its key does not ask the remote.
const ONE_ASKS: &str = "of several runs side by side only one asks";

impl Call<'_> {
    /// Runs the command, unless another process is running it for the same key: then waits for that run, and runs the
    /// command only if that left nothing to replay.
    pub fn run_once(
        &self,
        mut prepared: Prepared,
        fallback: Option<Box<Entry>>,
    ) -> Result<Exit, Error> {
        if let Some(reason) = self.why_not_stored(&prepared.store) {
            self.tell_not_asked(reason);
            return self.fill(prepared, fallback, None);
        }
        let mut was_handed_on = false;
        loop {
            let Some((claimed, waited)) = self.claim(&prepared) else {
                return self.fill(prepared, fallback, None);
            };
            if let Waited::Interrupted(signal) = waited {
                return Ok(Exit::Signal(signal));
            }
            if let Err(fault) = self.look_again(&mut prepared) {
                return self.run_uncached(&unreadable_stdin(&fault));
            }
            let came_too_early = waited == Waited::ToTheEnd && self.came_too_early(&prepared);
            match self.choose(&prepared) {
                Ok(hit) => {
                    // A renewal has to be able to claim it.
                    drop(claimed);
                    return self.serve(prepared, hit);
                }
                // That run began before we asked for a new one.
                Err(_) if came_too_early => {}
                // That run was held up: one of the callers that waited runs for all. When that run is held up too, the
                // others run side by side.
                Err(_) if waited == Waited::HandedOn && !was_handed_on => was_handed_on = true,
                Err(Miss { fallback, .. }) => {
                    return self.fetch_or_fill(prepared, fallback, claimed.ours());
                }
            }
        }
    }

    /// Claims the run, and waits if it is another process that runs. `None`: the command is to run beside others.
    fn claim(&self, prepared: &Prepared) -> Option<(Claimed, Waited)> {
        let claimed = prepared.claim_slot().and_then(ClaimSlot::claim).inspect_err(|fault| {
            self.notices.detail(&format_args!("cannot claim the run: {fault}"));
        });
        let claimed = claimed.ok()?;
        let key = prepared.observation.fingerprint.key();
        let waited = match &claimed {
            Claimed::Ours(_) | Claimed::HandedOnTwice => Waited::NotAtAll,
            // That run may, however indirectly, wait for our end: of a pipeline, or of a command around us.
            Claimed::Theirs(_)
                if prepared.stdin.may_depend_on_others() || !may_wait(&active(), key) =>
            {
                self.tell_not_asked(ONE_ASKS);
                return None;
            }
            Claimed::Theirs(slot) => self.wait_for(slot),
        };
        Some((claimed, waited))
    }

    /// Runs the command, unless another machine has a result.
    fn fetch_or_fill(
        &self,
        mut prepared: Prepared,
        fallback: Option<Box<Entry>>,
        claim: Option<Claim>,
    ) -> Result<Exit, Error> {
        let fetched = if claim.is_some() {
            self.fetch(&mut prepared)
        } else {
            self.tell_not_asked(ONE_ASKS);
            Ok(None)
        };
        match fetched {
            Err(fault) => self.run_uncached(&unreadable_stdin(&fault)),
            Ok(None) => self.fill(prepared, fallback, claim),
            Ok(Some(hit)) => {
                drop(claim);
                self.serve(prepared, hit)
            }
        }
    }

    /// `--only-if-cached`: replays a result of another machine. Does not wait for a process that fills the key.
    ///
    /// # Errors
    /// When there is none.
    pub fn serve_from_remote(&self, mut prepared: Prepared, miss: &Miss) -> Result<Exit, Error> {
        let missed = Err(Error::Missed(miss.reason.to_string()));
        if self.request.sharing.is_none() || !self.stores(&prepared.store) {
            return missed;
        }
        let claimed = prepared.claim_slot().and_then(ClaimSlot::claim);
        let Ok(Claimed::Ours(claim)) = claimed else { return missed };
        let Ok(Some(hit)) = self.fetch(&mut prepared) else { return missed };
        drop(claim);
        self.serve(prepared, hit)
    }

    /// The result of another machine, if it has one that can be replayed.
    fn fetch(&self, prepared: &mut Prepared) -> io::Result<Option<Hit>> {
        if !self.fetch_shared(prepared)? {
            return Ok(None);
        }
        self.look_again(prepared)?;
        Ok(self.choose(prepared).ok())
    }

    /// Looks the entries up again: another caller may have stored one since, whether we waited or not.
    fn look_again(&self, prepared: &mut Prepared) -> io::Result<()> {
        let keys = prepared.observation.fingerprint.keys();
        let found = self.look_up(&prepared.store, &keys).unwrap_or_default();
        (prepared.variants, prepared.checked_inputs) =
            self.holding(&prepared.store, &prepared.observation, found)?;
        let policy = &self.request.policy;
        let usable = policy.usable(&prepared.variants, self.began, Timestamp::now());
        let stdin = std::mem::replace(&mut prepared.stdin, Stdin::Absent);
        prepared.stdin = stdin.look_at_once(&usable)?;
        Ok(())
    }

    /// Whether the run that was waited for stored an entry since this call began.
    fn came_too_early(&self, Prepared { observation, variants, stdin, .. }: &Prepared) -> bool {
        let key = observation.fingerprint.key();
        Policy::was_stored_since(variants, key, stdin.holds(variants), self.began)
    }

    /// Waits as long as the run of another process is to be waited for. The lock is looked at again and again: a call
    /// that blocks on it would leave signals and the spinner to a second thread, and a renewal may only fork from a
    /// single one.
    fn wait_for(&self, slot: &ClaimSlot) -> Waited {
        let begun = || self.notices.detail(&"waiting for another run of the same call");
        let spinner = self.request.waiting.as_deref().map(Spinner::new);
        let is_over = || match slot.state() {
            RunState::Over => Some(Waited::ToTheEnd),
            RunState::HandedOn => Some(Waited::HandedOn),
            RunState::Running => None,
        };
        match runner::wait_until(begun, is_over, spinner) {
            Ok(Ok(waited)) => waited,
            Ok(Err(signal)) => Waited::Interrupted(signal),
            Err(_) => Waited::NotAtAll,
        }
    }
}

/// How a wait for another run of the same key ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waited {
    /// There was nothing to wait for, or no means to wait.
    NotAtAll,
    /// The run is over.
    ToTheEnd,
    /// The run goes on, and another caller may run the key.
    HandedOn,
    /// This signal ended the wait.
    Interrupted(i32),
}
