//! What is stored for a call, and whether it may be replayed.

use super::Call;
use crate::entry::Entry;
use crate::key::{DigestMemory, Key, Observation, observe};
use crate::policy::{MissReason, Verdict};
use crate::recording::Body;
use crate::settings::{Request, StdinMode};
use crate::stdin::{Held, Stdin};
use crate::store::{Store, StoreError};
use crate::time::{Timestamp, brief};
use std::io;
use std::path::Path;

impl Call<'_> {
    /// The store, the inputs of the call and what is stored for them; `None`, with a warning, when
    /// nothing may be replayed.
    pub(super) fn prepare(
        &self,
        directory: Result<&Path, String>,
    ) -> Option<(Store, Observation, Vec<Entry>)> {
        let warn = |fault: &dyn std::fmt::Display| {
            self.notices.warn(&format_args!("{fault}; running uncached"));
        };
        let directory = directory.map_err(|fault| warn(&fault)).ok()?;
        let store = self.open(directory).map_err(|fault| warn(&fault)).ok()?;
        let memory: &dyn DigestMemory = &store;
        let Request { words, key, .. } = self.request;
        let observation =
            observe(self.program, words, key, Some(memory)).map_err(|fault| warn(&fault)).ok()?;
        let keys = observation.fingerprint.keys();
        let (store, variants) = self.look_up(store, &keys).map_err(|fault| warn(&fault)).ok()?;
        Some((store, observation, variants))
    }

    pub(super) fn open(&self, directory: &Path) -> Result<Store, StoreError> {
        match Store::open(directory) {
            Err(StoreError::Damaged(what)) => self.begin_anew(directory, &what),
            opened => opened,
        }
    }

    pub(super) fn begin_anew(&self, directory: &Path, what: &str) -> Result<Store, StoreError> {
        let store = Store::begin_anew(directory)?;
        self.notices.warn(&format_args!("the store was damaged ({what}) and begins anew"));
        Ok(store)
    }

    pub(super) fn look_up(
        &self,
        store: Store,
        keys: &[Key],
    ) -> Result<(Store, Vec<Entry>), StoreError> {
        match store.variants(keys) {
            Err(StoreError::Damaged(what)) => {
                Ok((self.begin_anew(store.directory(), &what)?, Vec::new()))
            }
            variants => variants.map(|variants| (store, variants)),
        }
    }

    /// Standard input, looked into where that can tell a hit, and read only on request; `None`, with
    /// a warning, when it cannot be.
    pub(super) fn survey_stdin(&self, store: &Store, variants: &[Entry]) -> Option<Stdin> {
        let directory = store.directory();
        let stdin = match self.request.stdin {
            StdinMode::Ignore => Ok(Stdin::Absent),
            StdinMode::Read => Held::read(directory).map(Stdin::Held),
            StdinMode::Auto => {
                let fresh = self.request.policy.fresh(variants, Timestamp::now());
                Stdin::survey().look_ahead(&fresh, directory)
            }
        };
        if let (StdinMode::Read, Ok(Stdin::Held(Held { condition: None, .. }))) =
            (self.request.stdin, &stdin)
        {
            self.notices.warn(&"standard input cannot be kept; the result is not stored");
        }
        let warn = |fault: &io::Error| {
            let fault = format_args!("cannot read standard input: {fault}; running uncached");
            self.notices.warn(&fault);
        };
        stdin.inspect_err(warn).ok()
    }

    /// A fresh entry and its checked output, or why there is none.
    pub(super) fn choose(
        &self,
        store: &Store,
        variants: Vec<Entry>,
        stdin: &Stdin,
    ) -> Result<(Entry, Body), MissReason> {
        let holds = stdin.holds(&variants);
        match self.request.policy.admit(variants, holds, self.asked, Timestamp::now()) {
            Verdict::Execute(reason) => Err(reason),
            Verdict::Replay(entry, age) => {
                let body = store.output(&entry).map_err(|fault| {
                    self.notices.warn(&format_args!("{fault}; the command runs again"));
                    MissReason::Unreadable
                })?;
                let body = body.ok_or(MissReason::Damaged)?;
                self.notices.detail(&format_args!("hit: stored {} ago", brief(age)));
                Ok((*entry, body))
            }
        }
    }
}
