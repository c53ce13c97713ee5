//! `--stale-if-error`: the last good entry, replayed in place of a failure.

use super::context::Call;
use super::ending;
use crate::entry::Entry;
use crate::error::Error;
use crate::exit::Exit;
use crate::recording::Body;
use crate::replay::replay;
use crate::store::Store;
use crate::time::{Timestamp, brief};
use std::cell::OnceCell;

/// The entry to replay if the command fails. Only then its files are brought back and its output is read, which stays
/// readable from then on.
pub(super) struct Fallback<'s> {
    call: &'s Call<'s>,
    store: &'s Store,
    entry: Entry,
    body: OnceCell<Option<Body>>,
}

impl<'s> Fallback<'s> {
    pub(super) fn new(call: &'s Call<'s>, store: &'s Store, entry: Entry) -> Self {
        Self { call, store, entry, body: OnceCell::new() }
    }

    /// Its output, if the entry is still there, and sound, and its files are back.
    pub(super) fn output(&self) -> Option<&Body> {
        let restored = || {
            let body = self.store.output(&self.entry).ok().flatten()?;
            self.call.bring_back(self.store, &self.entry).ok().map(|_| body)
        };
        self.body.get_or_init(restored).as_ref()
    }
}

impl Call<'_> {
    /// Replays the fallback in place of a failure.
    pub(super) fn fall_back(
        &self,
        Fallback { store, entry, .. }: &Fallback<'_>,
        body: &Body,
        failure: &str,
    ) -> Result<Exit, Error> {
        let age = entry.created.age_at(Timestamp::now()).map(brief).unwrap_or_default();
        let warning =
            format_args!("the command failed ({failure}); replaying its success of {age} ago");
        self.notices.warn(&warning);
        store.note_use(entry);
        ending::of_replay(replay(body), entry.exit)
    }
}
