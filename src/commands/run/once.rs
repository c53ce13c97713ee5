//! Of many callers of one key, one runs the command and the others wait for its result.
//!
//! Nobody waits for ever for somebody who, however indirectly, waits for him.

use super::Call;
use super::look_up::{Miss, unreadable_stdin};
use crate::entry::Entry;
use crate::error::Error;
use crate::exit::Exit;
use crate::key::{Key, Observation};
use crate::nesting;
use crate::progress::Spinner;
use crate::runner;
use crate::stdin::Stdin;
use crate::store::{Claimed, Claims, Standing, Store};
use crate::time::Timestamp;
use std::time::{Duration, Instant};

/// Most of what one command runs of another is done by then.
const SHORT: Duration = Duration::from_secs(1);

impl Call<'_> {
    /// Runs the command unless another process is running it for the same key: then waits for that
    /// one, and runs only if it left nothing to replay.
    pub(super) fn run_once(
        &self,
        store: Store,
        observation: Observation,
        mut stdin: Stdin,
        fallback: Option<Box<Entry>>,
    ) -> Result<Exit, Error> {
        let key = observation.fingerprint.key();
        if !self.stores(&store) || nesting::is_inside(key) {
            return self.execute_and_store(store, &observation, stdin, fallback, None);
        }
        let mut was_handed_on = false;
        loop {
            let claimed = match store.claim(&key) {
                Ok(claimed) => claimed,
                Err(fault) => {
                    self.notices.detail(&format_args!("cannot claim the run: {fault}"));
                    return self.execute_and_store(store, &observation, stdin, fallback, None);
                }
            };
            let waited = match &claimed {
                Claimed::Ours(_) | Claimed::ByNobody => Waited::NotAtAll,
                Claimed::Theirs(_) if stdin.may_depend_on_others() => {
                    return self.execute_and_store(store, &observation, stdin, fallback, None);
                }
                Claimed::Theirs(claims) => self.wait_for(claims, key),
            };
            if let Waited::Interrupted(signal) = waited {
                return Ok(Exit::Signal(signal));
            }
            // Somebody may have stored it since we looked, whether we waited or not.
            let variants = store.variants(&observation.fingerprint.keys()).unwrap_or_default();
            let of_use = self.request.policy.of_use(&variants, self.asked, Timestamp::now());
            stdin = match stdin.look_at_once(&of_use) {
                Ok(stdin) => stdin,
                Err(fault) => return self.run_uncached(&unreadable_stdin(&fault)),
            };
            let came_too_early = matches!(waited, Waited::ToTheEnd) && {
                let holds = stdin.holds(&variants);
                let is_newer = |entry: &Entry| entry.key == key && entry.created > self.asked;
                variants.iter().any(|entry| is_newer(entry) && holds(entry.condition))
            };
            match self.choose(&store, &observation, variants, &stdin) {
                Ok(hit) => {
                    // A renewal has to be able to claim it.
                    drop(claimed);
                    return self.replay(store, observation, stdin, hit);
                }
                // It began before we asked for a new one.
                Err(_) if came_too_early => {}
                // It has been held up: one of those that waited runs for all. When that one is held up too, the
                // others run side by side.
                Err(_) if waited.is_handed_on() && !std::mem::replace(&mut was_handed_on, true) => {
                }
                Err(Miss { fallback, .. }) => {
                    let claim = claimed.ours();
                    return self.execute_and_store(store, &observation, stdin, fallback, claim);
                }
            }
        }
    }

    /// Waits until nobody holds the claim of a key, but not for ever for who may be waiting for us.
    fn wait_for(&self, claims: &Claims, key: Key) -> Waited {
        let begun = || self.notices.detail(&"waiting for another run of the same");
        let spinner = self.request.waiting.as_deref().map(Spinner::new);
        let since = Instant::now();
        if nesting::is_nested() {
            // All who wait in a ring are.
            claims.wait();
        }
        let is_in_a_ring = || nesting::around().iter().any(|it| claims.are_others_waiting_for(*it));
        let is_enough = || since.elapsed() > SHORT && !nesting::leads_up_to(key) && is_in_a_ring();
        let is_over = || match claims.standing() {
            Standing::Over => Some(Waited::ToTheEnd),
            Standing::HandedOn => Some(Waited::HandedOn),
            Standing::Runs => is_enough().then_some(Waited::LongEnough),
        };
        match runner::wait_until(begun, is_over, spinner) {
            Ok(Ok(waited)) => waited,
            Ok(Err(signal)) => Waited::Interrupted(signal),
            Err(_) => Waited::LongEnough,
        }
    }
}

/// How waiting for another run of the same came to its end.
enum Waited {
    /// It is for us to run.
    NotAtAll,
    /// It is over.
    ToTheEnd,
    /// It goes on, and somebody else may run.
    HandedOn,
    /// It may be waiting for us.
    LongEnough,
    /// This signal ended it.
    Interrupted(i32),
}

impl Waited {
    fn is_handed_on(&self) -> bool {
        matches!(self, Self::HandedOn)
    }
}
