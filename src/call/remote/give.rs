//! Giving the result of a run to other machines: a note in the outbox, and a process that pushes what is there when this
//! call has ended.

use super::stdin_class::fits;
use crate::call::context::Call;
use crate::call::remote_state::SharedCall;
use crate::entry::NewEntry;
use crate::exit::Exit;
use crate::recording::Content;
use crate::remote::push::detached::start_pushing;
use crate::remote::push::note::{OutgoingNote, OutgoingResult};
use crate::remote::push::outbox::Outbox;
use crate::remote::push::refused::RefusedResults;
use crate::remote::{MentionSearch, encode_condition};
use crate::runner::Background;
use crate::store::Store;
use crate::time::Lifetime;
use std::io;

/// Bytes of output that are searched at once. More of it is searched by the process that pushes it.
const SEARCHED_AT_ONCE: u64 = 64 << 10;

impl Call<'_> {
    /// Gives a result that was just stored, if it may be shared.
    pub(in crate::call) fn share(&self, store: &Store, new: &NewEntry<'_>) {
        let Some(sharing) = &self.request.sharing else { return };
        let Some(Some(shared)) = self.remote.0.get() else { return };
        if !sharing.mode.writes() {
            return;
        }
        match self.post(shared, store, new) {
            Ok(Posted::Waits) => {
                shared.is_posted.set(true);
                self.notices.detail(&"shared: it waits to be pushed");
                self.tell_refused(shared, store);
            }
            Ok(Posted::Not(reason)) => {
                self.notices.detail(&format_args!("not shared: {reason}"));
            }
            Err(fault) => self.warn_not_shared(&fault),
        }
    }

    /// Has what was posted pushed. Called when nobody waits for the result any more.
    pub(in crate::call) fn push_posted(&self, store: &Store) {
        let Some(Some(shared)) = self.remote.0.get() else { return };
        if !shared.is_posted.get() {
            return;
        }
        match start_pushing(&shared.transfer.access, &shared.secrets, store.directory()) {
            Ok(process) => Background::from(process).outlive_us_for(Some(shared.transfer.within)),
            Err(fault) => self.warn_not_shared(&fault),
        }
    }

    /// Says what the remote did not take of earlier calls. It is a warning once.
    fn tell_refused(&self, shared: &SharedCall, store: &Store) {
        let (outbox, url) = (Outbox::of_store(store.directory()), &shared.transfer.access.url);
        let remote = url.to_string();
        let Ok(Some(RefusedResults { count, fault, .. })) = outbox.refused(&remote) else { return };
        let results = if count == 1 { "1 result was" } else { &format!("{count} results were") };
        let told = format!("{results} not pushed to {remote}: {fault}");
        if outbox.is_told_of(&remote) {
            self.notices.detail(&told);
        } else {
            self.notices.warn(&told);
        }
    }

    fn warn_not_shared(&self, fault: &io::Error) {
        self.notices.warn(&format_args!("cannot share the result: {fault}"));
    }

    fn post(&self, shared: &SharedCall, store: &Store, new: &NewEntry<'_>) -> io::Result<Posted> {
        let recording = &new.recording;
        let is_success = self.request.policy.is_success(recording.exit);
        if !is_success || !matches!(recording.exit, Exit::Code(_)) {
            return Ok(Posted::Not("only successes are"));
        }
        if recording.elapsed < shared.min_time {
            return Ok(Posted::Not("it took less than --remote-min-time"));
        }
        if !shared.secrets.may_write() {
            return Ok(Posted::Not("this machine has no CACHEX_REMOTE_SIGN_KEY"));
        }
        if !fits(&shared.stdin, new.condition) {
            return Ok(Posted::Not("it depends on what came on standard input"));
        }
        let Some(name) = shared.names.first() else { return Ok(Posted::Not("it has no name")) };
        if names_place(new, &shared.places)? {
            return Ok(Posted::Not("its output names the directory of the project or of the user"));
        }
        let note = OutgoingNote {
            remote: shared.transfer.access.url.to_string(),
            team: shared.secrets.id(),
            name: name.to_string(),
            replaces: shared.may_replace.get(),
            lifetime_millis: match new.lifetime {
                Lifetime::For(limit) => u64::try_from(limit.as_millis()).ok(),
                Lifetime::Unlimited => None,
            },
            result: OutgoingResult {
                key: new.key.0.0,
                condition: encode_condition(new.condition),
                created: recording.ended.as_millis(),
                ended: shared.to_engine(recording.ended).as_millis(),
                places: shared.places.clone(),
            },
            refused: None,
        };
        let is_posted = Outbox::of_store(store.directory()).post(&note)?;
        Ok(if is_posted { Posted::Waits } else { Posted::Not("too many results wait already") })
    }
}

/// Whether a result waits to be pushed, or why not.
enum Posted {
    Waits,
    Not(&'static str),
}

/// Whether short output names a place of this machine.
fn names_place(new: &NewEntry<'_>, places: &[Vec<u8>]) -> io::Result<bool> {
    let body = &new.recording.body;
    if body.output > SEARCHED_AT_ONCE || !matches!(body.content, Content::Memory(_)) {
        return Ok(false);
    }
    let mut searches = [(); 2].map(|()| MentionSearch::new(places.iter().cloned()));
    body.for_each_chunk(|stream, bytes| {
        searches[stream as usize].look(bytes);
        Ok(())
    })?;
    Ok(searches.iter().any(MentionSearch::is_found))
}
