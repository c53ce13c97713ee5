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
use std::cell::RefCell;

/// The entry to replay if the command fails; its output is read only then.
pub(super) struct Fallback<'s> {
    store: &'s Store,
    entry: Entry,
    body: RefCell<Option<Body>>,
}

impl<'s> Fallback<'s> {
    pub(super) fn new(store: &'s Store, entry: Entry) -> Self {
        Self { store, entry, body: RefCell::new(None) }
    }

    /// Whether the entry is still there, and sound.
    pub(super) fn is_there(&self) -> bool {
        let body = self.store.output(&self.entry).ok().flatten();
        self.body.replace(body);
        self.body.borrow().is_some()
    }

    /// Its output, if it is still there.
    pub(super) fn output(&self) -> Option<Body> {
        if self.body.borrow().is_none() {
            self.is_there();
        }
        self.body.take()
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
            format_args!("the command failed ({failure}); this is its success of {age} ago");
        self.notices.warn(&warning);
        store.note_use(entry);
        ending::of_replay(replay(body), entry.exit)
    }
}
