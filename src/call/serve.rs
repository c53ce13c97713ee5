//! A hit: the entry is replayed, and renewed in the background if it has expired.

use super::context::Call;
use super::decide::Hit;
use super::ending;
use super::prepare::Prepared;
use crate::error::Error;
use crate::exit::Exit;
use crate::replay::replay;

impl Call<'_> {
    /// Replays the entry of a hit.
    pub fn serve(&self, prepared: Prepared, hit: Hit) -> Result<Exit, Error> {
        prepared.store.note_use(&hit.entry);
        if hit.is_stale {
            return self.serve_stale(prepared, hit);
        }
        let Prepared { mut store, observation, checked_inputs, stdin, .. } = prepared;
        let Hit { entry, body, .. } = hit;
        stdin.take(entry.condition);
        let replayed = replay(&body);
        drop(body);
        // Only where a large file was new to us: the next hit need not read it again.
        if let Err(fault) = store.remember(observation.learned()) {
            self.notices.detail(&fault);
        }
        // Files that were touched and not changed: the next hit need not read them again.
        if let Some(states) = checked_inputs.renewed_for(&entry)
            && let Err(fault) = store.renew_states(&entry, states)
        {
            self.notices.detail(&fault);
        }
        store.skip_cleanup();
        ending::of_replay(replayed, entry.exit)
    }

    fn serve_stale(&self, prepared: Prepared, Hit { entry, body, .. }: Hit) -> Result<Exit, Error> {
        let renewal = self.renew(prepared, &entry);
        let replayed = replay(&body);
        if let Some(renewal) = renewal {
            renewal.outlive_us();
        }
        ending::of_replay(replayed, entry.exit)
    }
}
