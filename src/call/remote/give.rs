//! Giving the result of a run to other machines: a note in the outbox, and a process that pushes what is there when this
//! call has ended.

use super::stdin_class::{decides, fits};
use crate::call::context::Call;
use crate::call::remote_state::{OutgoingShare, SharedCall};
use crate::entry::{Condition, NewEntry};
use crate::exit::Exit;
use crate::inputs::{
    InputShape, SeenInputs, TraceTerms, names_places, observe_here, portable_shape,
};
use crate::key::Digest;
use crate::recording::Content;
use crate::remote::breaker::{Breaker, RemoteDirection};
use crate::remote::push::detached::start_pushing;
use crate::remote::push::note::{OutgoingNote, OutgoingResult, OutgoingRoute};
use crate::remote::push::outbox::Outbox;
use crate::remote::push::refused::{RefusedResults, outage_of};
use crate::remote::{MentionSearch, ResultRoute, encode_condition, encode_route, short_name};
use crate::runner::Background;
use crate::store::Store;
use crate::time::{Lifetime, Timestamp};
use std::io;

/// Bytes of output that are searched at once. More of it is searched by the process that pushes it.
const SEARCHED_AT_ONCE: u64 = 64 << 10;

impl Call<'_> {
    /// Gives a result that was just stored, if it may be shared.
    pub(in crate::call) fn share(&self, new: &NewEntry<'_>) {
        let Some(sharing) = &self.request.sharing else { return };
        let Some(Some(shared)) = self.remote.0.get() else { return };
        if !sharing.mode.writes() {
            return;
        }
        match self.outgoing(shared, new) {
            Ok(Ok(outgoing)) => {
                shared.outgoing.replace(Some(outgoing));
            }
            Ok(Err(reason)) => self.tell_not_shared(reason),
            Err(fault) => self.warn_not_shared(&fault),
        }
    }

    /// Has the result pushed that is to be shared. Called when nobody waits for it any more.
    pub(in crate::call) fn push_shared(&self, store: &Store) {
        let Some(Some(shared)) = self.remote.0.get() else { return };
        let Some(outgoing) = shared.outgoing.take() else { return };
        let pushed = post(shared, store, outgoing).and_then(|posted| match posted {
            Ok(()) => {
                self.notices.detail(&"shared: it waits to be pushed");
                self.tell_not_taken(shared, store);
                let process =
                    start_pushing(&shared.transfer.access, &shared.secrets, store.directory())?;
                Background::from(process).outlive_us_for(Some(shared.transfer.within));
                Ok(())
            }
            Err(reason) => {
                self.tell_not_shared(reason);
                Ok(())
            }
        });
        if let Err(fault) = pushed {
            self.warn_not_shared(&fault);
        }
    }

    /// Says what the remote did not take of earlier calls, and that it takes nothing now. Each is a warning once.
    fn tell_not_taken(&self, shared: &SharedCall, store: &Store) {
        let (outbox, url) = (Outbox::of_store(store.directory()), &shared.transfer.access.url);
        let remote = url.to_string();
        if let Ok(Some(RefusedResults { count, fault, .. })) = outbox.refused(&remote) {
            let results =
                if count == 1 { "1 result was" } else { &format!("{count} results were") };
            let told = format!("{results} not pushed to {remote}: {fault}");
            self.warn_unless(outbox.is_told_of(&remote), &told);
        }
        let is_away = |direction| {
            Breaker::new(store.directory(), url, direction).outage(Timestamp::now()).is_some()
        };
        if is_away(RemoteDirection::Write) {
            // If it does not answer questions either, that was told.
            let is_told = outbox.is_told_of(&outage_of(&remote)) || is_away(RemoteDirection::Read);
            let why = "`cachex remote flush` says what is wrong";
            self.warn_unless(is_told, &format!("the remote {remote} takes no results: {why}"));
        }
    }

    fn warn_unless(&self, is_told: bool, text: &str) {
        if is_told {
            self.notices.detail(&text);
        } else {
            self.notices.warn(&text);
        }
    }

    fn tell_not_shared(&self, reason: &str) {
        self.notices.detail(&format_args!("not shared: {reason}"));
    }

    fn warn_not_shared(&self, fault: &io::Error) {
        self.notices.warn(&format_args!("cannot share the result: {fault}"));
    }

    /// What is to be pushed, or why it is not.
    fn outgoing(
        &self,
        shared: &SharedCall,
        new: &NewEntry<'_>,
    ) -> io::Result<Result<OutgoingShare, &'static str>> {
        let recording = &new.recording;
        let is_success = self.request.policy.is_success(recording.exit);
        if !is_success || !matches!(recording.exit, Exit::Code(_)) {
            return Ok(Err("only successes are"));
        }
        if recording.elapsed < shared.min_time {
            return Ok(Err("it took less than --remote-min-time"));
        }
        if !shared.secrets.may_write() {
            return Ok(Err("this machine has no CACHEX_REMOTE_SIGN_KEY"));
        }
        let holds_for_class = fits(&shared.stdin, new.condition);
        if !holds_for_class && !decides(&shared.stdin, new.condition) {
            return Ok(Err("it depends on what came on standard input"));
        }
        let Some(name) = shared.names.first() else { return Ok(Err("it has no name")) };
        if names_place(new, &shared.places)? {
            return Ok(Err("its output names the directory of the project or of the user"));
        }
        let note = OutgoingNote {
            remote: shared.transfer.access.url.to_string(),
            team: shared.secrets.id(),
            name: name.to_string(),
            replaces: shared.may_replace.get(),
            cleared: shared.cleared.get().map(Timestamp::as_millis),
            lifetime_millis: match new.lifetime {
                Lifetime::For(limit) => u64::try_from(limit.as_millis()).ok(),
                Lifetime::Unlimited => None,
            },
            result: OutgoingResult {
                key: new.key.0.0,
                condition: encode_condition(new.condition),
                created: recording.ended.as_millis(),
                ended: shared.to_engine(recording.ended).map(Timestamp::as_millis),
                elapsed: u64::try_from(recording.elapsed.as_millis()).unwrap_or(u64::MAX),
                places: shared.places.clone(),
            },
            timeouts: 0,
            refused: None,
            route: None,
        };
        let stdin = (!holds_for_class).then_some(new.condition);
        Ok(Ok(OutgoingShare { note, stdin, inputs: new.inputs.clone() }))
    }
}

/// Lets a result wait to be pushed, or says why not.
fn post(
    shared: &SharedCall,
    store: &Store,
    OutgoingShare { mut note, stdin, inputs }: OutgoingShare,
) -> io::Result<Result<(), &'static str>> {
    let looked = inputs.map(|seen| look_once_more(shared, store, &seen)).transpose()?;
    let (shape, digest) = match looked {
        None => (None, None),
        Some(Some((shape, digest))) => (Some(shape.encode().to_vec()), Some(digest)),
        Some(None) => return Ok(Err("its inputs count for this machine only")),
    };
    let is_routed = stdin.is_some() || digest.is_some() || shared.has_marker.get();
    if let (true, Some(namespace)) = (is_routed, shared.namespaces.first()) {
        let bytes = encode_route(&shared.stdin, stdin, digest);
        let name = shared.conditional(namespace, &bytes);
        let length = stdin.map(|stdin| match stdin {
            Condition::Stdin { length, .. } => length,
            _ => 0,
        });
        let route = ResultRoute { stdin: length, shape, known: vec![short_name(&bytes)] };
        if !route.is_short() {
            return Ok(Err("its run asked for too many files"));
        }
        let replaces = note.replaces;
        // What was not asked for may have expired.
        note.replaces |= !shared.asked.borrow().contains(&name);
        let marker = std::mem::replace(&mut note.name, name.to_string());
        note.route = Some(OutgoingRoute { marker, route, replaces });
    }
    let is_posted = Outbox::of_store(store.directory()).post(&note)?;
    Ok(if is_posted { Ok(()) } else { Err("too many results wait already") })
}

/// The questions of a traced run as other machines ask them, and the digest of what is found. `None`: that is no longer
/// what the run has found, or counts for this machine only.
fn look_once_more(
    shared: &SharedCall,
    store: &Store,
    seen: &SeenInputs,
) -> io::Result<Option<(InputShape, Digest)>> {
    let Some((terms, places)) = &shared.traced else { return Ok(None) };
    let secret = store.secret().map_err(io::Error::other)?;
    store.release_read_lock();
    let terms = TraceTerms { now: Timestamp::now(), ..terms.clone() };
    let is_exact = names_places(&seen.shape, &terms, places);
    let shape = portable_shape(&seen.shape, &terms, places, is_exact);
    let Some(observed) = observe_here(&shape, &terms, places, &secret) else { return Ok(None) };
    Ok(observed.agrees_with(seen).then_some((shape, observed.digest)))
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
