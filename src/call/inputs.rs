//! The inputs of entries whose runs were traced: which entries hold now, and what a run was seen to depend on.
//!
//! Questions and answers are read from the store with the entries. The files are looked at afterwards, when nobody waits
//! for us any more.

use super::context::Call;
use crate::entry::Entry;
use crate::inputs::{
    HoldingStates, InputShape, Ledger, StoredStates, TraceTerms, differences, project_of, verify,
};
use crate::key::{Difference, Digest, Key, Observation, TraceSpec};
use crate::store::{MOST_TRACED, Store, StoreError};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// Entries that were found for a key, and the inputs of those whose runs were traced.
#[derive(Default)]
pub(super) struct Found {
    entries: Vec<Entry>,
    groups: Vec<Group>,
    /// What the answers are keyed with, if there are any.
    secret: Vec<u8>,
}

/// Entries of the same shape, the newest first.
struct Group {
    digest: Digest,
    shape: InputShape,
    entries: Vec<Entry>,
    states: Vec<StoredStates>,
}

/// What a look at the inputs of all entries came to.
#[derive(Default)]
pub struct CheckedInputs {
    /// The newest entry whose inputs are no longer as they were.
    pub(super) outdated: Option<Entry>,
    /// The same answers for some entries, which are quicker to check.
    renewed: Vec<(Entry, StoredStates)>,
    /// How many questions there are of each list.
    lengths: Vec<(Digest, usize)>,
}

impl CheckedInputs {
    /// The answers of this entry, if they are to be stored anew.
    pub(super) fn renewed_for(&self, entry: &Entry) -> Option<&StoredStates> {
        let (_, states) = self.renewed.iter().find(|(it, _)| it.is_same_as(entry))?;
        Some(states)
    }

    /// How many inputs this entry has, if its run was traced.
    pub fn count_of(&self, entry: &Entry) -> Option<usize> {
        let shape = entry.inputs?.shape;
        self.lengths.iter().find(|(digest, _)| *digest == shape).map(|(_, length)| *length)
    }
}

impl Call<'_> {
    /// The entries of these keys with their inputs. The store may be locked for reading afterwards.
    pub(super) fn look_up(&self, store: &Store, keys: &[Key]) -> Result<Found, StoreError> {
        store.hold()?;
        let entries = store.variants(keys)?;
        if self.request.key.trace.is_none() || entries.is_empty() {
            return Ok(Found { entries, ..Found::default() });
        }
        let mut groups: Vec<Group> = Vec::new();
        let traced = entries.iter().filter_map(|entry| Some((entry, entry.inputs?.shape)));
        for (entry, digest) in traced.take(MOST_TRACED.into()) {
            let known = groups.iter().position(|group| group.digest == digest);
            let at = if let Some(at) = known {
                at
            } else {
                let Some(shape) = store.shape(digest)? else { continue };
                groups.push(Group { digest, shape, entries: vec![], states: vec![] });
                groups.len() - 1
            };
            if let Some(states) = store.states(entry)? {
                groups[at].entries.push(entry.clone());
                groups[at].states.push(states);
            }
        }
        Ok(Found { entries, groups, secret: store.secret()? })
    }

    /// The entries among these whose inputs are as they were. Releases the read lock if files are looked at.
    pub(super) fn holding(
        &self,
        store: &Store,
        observation: &Observation,
        Found { entries, groups, secret }: Found,
    ) -> io::Result<(Vec<Entry>, CheckedInputs)> {
        let terms = if entries.is_empty() { None } else { self.trace_terms(store, observation)? };
        let Some(terms) = terms else { return Ok((entries, CheckedInputs::default())) };
        let (mut holding, mut renewed, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for Group { digest, shape, entries, states } in groups {
            lengths.push((digest, shape.asked()));
            for HoldingStates { candidate, renewed: states } in
                verify(&shape, &states, &terms, &secret)
            {
                let entry = &entries[candidate];
                holding.push(entry.clone());
                renewed.extend(states.map(|states| (entry.clone(), states)));
            }
        }
        let holds = |entry: &Entry| holding.iter().any(|it: &Entry| it.is_same_as(entry));
        let (holding, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(holds);
        let outdated = others.into_iter().next();
        Ok((holding, CheckedInputs { outdated, renewed, lengths }))
    }

    /// What counts in a trace of the command; `None` if it is not traced. If it is, this releases the read lock, since
    /// files are looked at.
    pub(super) fn trace_terms(
        &self,
        store: &Store,
        observation: &Observation,
    ) -> io::Result<Option<TraceTerms>> {
        let Some(TraceSpec { times, .. }) = &self.request.key.trace else { return Ok(None) };
        store.release_read_lock();
        let directory = observation.fingerprint.directory.as_ref();
        let working_directory = match directory {
            Some(directory) => directory.physical.clone(),
            None => std::env::current_dir()?,
        };
        Ok(Some(TraceTerms {
            project: project_of(&working_directory),
            working_directory,
            store: real(store.directory().to_owned()),
            ignored: self.request.trace_ignored.clone(),
            times: *times,
            outputs: self.request.key.output_files.clone(),
            written: BTreeSet::new(),
            now: Timestamp::now(),
        }))
    }

    /// What takes down what the command is seen to depend on, if it is traced.
    pub(super) fn ledger(&self, store: &Store, observation: &Observation) -> Option<Ledger> {
        // Without one nothing is stored: see `keep`.
        self.trace_terms(store, observation).ok().flatten().map(Ledger::new)
    }

    /// How the inputs of an entry differ from what they are now.
    pub(super) fn input_differences(
        &self,
        store: &Store,
        observation: &Observation,
        entry: &Entry,
    ) -> Option<Vec<Difference>> {
        let shape = store.shape(entry.inputs?.shape).ok()??;
        let states = store.states(entry).ok()??;
        let secret = store.secret().ok()?;
        let terms = self.trace_terms(store, observation).ok()??;
        differences(&shape, &states, &terms, &secret)
    }
}

/// A directory without links, since the command may get there by another way.
fn real(directory: PathBuf) -> PathBuf {
    std::fs::canonicalize(&directory).unwrap_or(directory)
}
