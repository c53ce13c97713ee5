//! Running the command of a call, and storing what came of it.

use super::{Call, not_started, unwritable};
use crate::entry::{Condition, NewEntry};
use crate::error::Error;
use crate::exit::Exit;
use crate::key::{CommandName, Observation};
use crate::progress::Spinner;
use crate::recording::{Abandoned, Recorder, Recording};
use crate::runner::{self, Input, Job, Unrecorded};
use crate::settings::Request;
use crate::stdin::Stdin;
use crate::store::{Clearings, Filled, Limits, Store, StoreError};
use crate::terminal::escape_os;
use crate::time::Timestamp;
use std::io;

impl Call<'_> {
    /// Whether what runs now is to be stored.
    pub(super) fn stores(&self, store: &Store) -> bool {
        !self.request.no_store && !store.is_read_only()
    }

    pub(super) fn execute_and_store(
        &self,
        store: Store,
        observation: &Observation,
        stdin: Stdin,
    ) -> Result<Exit, Error> {
        let Request { words, spinner, no_store, max_output, max_size, .. } = self.request;
        if !no_store && store.is_read_only() {
            self.notices.warn(&"the store is read-only; the result is not stored");
        }
        let since = self.stores(&store).then(|| store.clearings()).and_then(|since| {
            let warn = |fault: &_| self.notices.warn(&format_args!("{fault}; nothing is stored"));
            since.inspect_err(warn).ok()
        });
        let recorder =
            since.map(|_| Recorder::new(store.directory().to_owned(), *max_output.min(max_size)));
        let job = Job {
            key: observation.fingerprint.key(),
            program: self.program.as_found(),
            words,
            input: input(stdin),
            outputs: self.request.key.outputs,
            recorder,
            spinner: spinner.as_deref().map(Spinner::new),
        };
        let outcome = runner::run(job).map_err(|error| not_started(self.program, error))?;
        match outcome.recording {
            Ok((recording, condition)) => {
                self.keep(store, observation, condition, recording, since.unwrap_or_default());
            }
            Err(reason @ Unrecorded::Abandoned(Abandoned::Unwritable(_))) => {
                self.notices.warn(&format_args!("{reason}; the result is not stored"));
            }
            Err(reason) => self.tell_unstored(&reason),
        }
        match (outcome.lost, outcome.exit) {
            // The command itself would have noticed.
            (Some(error), Exit::Code(0)) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(unwritable(&error))
            }
            _ => Ok(outcome.exit),
        }
    }

    /// Stores a result if that is right; the command's own result does not depend on it.
    pub(super) fn keep(
        &self,
        mut store: Store,
        observation: &Observation,
        condition: Condition,
        recording: Recording,
        since: Clearings,
    ) {
        let policy = &self.request.policy;
        if let Err(reason) = policy.keep(recording.exit) {
            return self.tell_unstored(&reason);
        }
        if let Some(path) = observation.changed_file() {
            let path = escape_os(path.as_os_str());
            return self.tell_unstored(&format_args!("{path} changed while the command ran"));
        }
        let words = &self.request.words;
        let fingerprint = &observation.fingerprint;
        let name = CommandName::of(self.program.path(), words);
        let mut new = NewEntry {
            key: fingerprint.key(),
            condition,
            lifetime: policy.lifetime(recording.exit),
            recording,
            scope: &fingerprint.scope,
            words,
            directory: fingerprint.directory.as_ref().map(|directory| directory.physical.clone()),
        };
        let now = Timestamp::now();
        let limits = Limits {
            since,
            max_entries: self.request.max_entries,
            max_size: self.request.max_size,
            is_expired: &|exit, created| policy.freshness(exit, created, now).is_err(),
        };
        let learned = observation.learned();
        let mut filled = store.fill(&name, &mut new, learned, &limits);
        if let Err(StoreError::Damaged(what)) = &filled {
            filled = self
                .begin_anew(store.directory(), what)
                .and_then(|mut store| store.fill(&name, &mut new, learned, &limits));
        }
        match filled {
            Ok(Filled::Stored) => self.notices.detail(&"stored"),
            Ok(Filled::Cleared) => self.tell_unstored(&"it was cleared while it ran"),
            Ok(Filled::TooLarge) => self.tell_unstored(&"longer than the whole store may be"),
            Err(fault) => self.notices.warn(&format_args!("{fault}; the result is not stored")),
        }
    }

    pub(super) fn tell_unstored(&self, reason: &dyn std::fmt::Display) {
        self.notices.detail(&format_args!("not stored: {reason}"));
    }
}

/// What the command gets of standard input.
fn input(stdin: Stdin) -> Input {
    match stdin {
        Stdin::Absent => Input::Empty,
        Stdin::Held(held) => Input::Held(held),
        #[cfg(target_os = "linux")]
        Stdin::Pipe(_) => Input::Pipe,
        #[cfg(not(target_os = "linux"))]
        Stdin::Pipe(_) => Input::Empty,
        Stdin::Other => Input::Same,
        Stdin::File(range) => Input::File(range),
    }
}
