//! Running the command of a call, and storing what came of it.
//!
//! What has changed or was cleared meanwhile is not stored; whether it was or not, the exit is the command's.

use super::{Call, not_started, shown, unwritable};
use crate::entry::{Condition, Entry, NewEntry};
use crate::error::Error;
use crate::exit::Exit;
use crate::key::{Observation, masked};
use crate::options::Request;
use crate::progress::Spinner;
use crate::recording::{Abandoned, Body, Recorder, Recording};
use crate::replay::replay;
use crate::runner::{self, Input, Job, Outcome, SpawnError, Unrecorded};
use crate::stdin::{Buffered, Stdin};
use crate::store::{Claim, Clearings, Filled, Limits, Store, StoreError};
use crate::terminal::{print_error, print_error_without_waiting};
use crate::time::{Timestamp, brief};
use std::cell::RefCell;
use std::io;

impl Call<'_> {
    /// Whether what runs now is to be stored.
    pub(super) fn stores(&self, store: &Store) -> bool {
        !self.request.no_store && !store.is_read_only()
    }

    /// Runs the command and stores what came of it; shows `fallback` in its place if it fails. Others wait
    /// as long as the claim is held.
    pub(super) fn execute_and_store(
        &self,
        mut store: Store,
        observation: &Observation,
        stdin: Stdin,
        fallback: Option<Box<Entry>>,
        claim: Option<Claim>,
    ) -> Result<Exit, Error> {
        if !self.request.no_store && store.is_read_only() {
            self.notices.warn(&"the store is read-only; the result is not stored");
        }
        let since = self.stores(&store).then(|| self.clearings(&mut store)).and_then(|since| {
            let warn = |fault: &_| self.notices.warn(&format_args!("{fault}; nothing is stored"));
            since.inspect_err(warn).ok()
        });
        let fallback = fallback.map(|entry| Fallback::new(&store, *entry));
        let is_unwanted = |exit| {
            let is_failure = !self.request.policy.is_success(exit);
            is_failure && fallback.as_ref().is_some_and(Fallback::is_there)
        };
        let recorder = (since.is_some() || fallback.is_some()).then(|| self.recorder(&store));
        let spinner = self.request.spinner.as_deref().map(Spinner::new);
        let withhold = fallback.is_some().then_some(&is_unwanted as &dyn Fn(Exit) -> bool);
        let claim = RefCell::new(claim.filter(|_| since.is_some()));
        let hand_on = || {
            claim.borrow().as_ref().inspect(|claim| claim.hand_on());
        };
        let give_up = || drop(claim.take());
        let shown = Showing { spinner, withhold };
        let others = Others { held_up: &hand_on, unstorable: &give_up };
        let outcome = match self.execute(observation, stdin, recorder, shown, others) {
            Err(not_run) => match *not_run {
                NotRun { error: error @ SpawnError::Other(_), unread } => {
                    drop(claim.take());
                    return self.run_in_our_place(unread, &error.to_string());
                }
                NotRun { error, .. } => Err(not_started(self.program, error)),
            },
            Ok(outcome) => Ok(outcome),
        };
        let failure = match &outcome {
            Ok(outcome) => outcome.withheld.then(|| outcome.exit.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let (Some(failure), Some(fallback)) = (failure, &fallback)
            && let Some(body) = fallback.take()
        {
            drop(claim.take());
            return self.fall_back(&store, &failure, &fallback.entry, body);
        }
        let outcome = outcome?;
        let kept = match (since, outcome.recording) {
            (Some(since), Ok((recording, condition))) => {
                self.keep(&mut store, observation, condition, recording, since)
            }
            (Some(_), Err(reason))
            | (None, Err(reason @ Unrecorded::Abandoned(Abandoned::Unwritable(_)))) => {
                Err(reason.into())
            }
            (None, _) => Err(Unrecorded::NotAsked.into()),
        };
        // The reader of stderr may be slow.
        drop(claim.take());
        self.tell(&kept);
        match outcome.lost {
            // A reader that has gone away knows.
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(outcome.exit),
            Some(error) => lost(&error, outcome.exit),
            None => Ok(outcome.exit),
        }
    }

    /// The clearings so far; a store too damaged to tell begins anew.
    pub(super) fn clearings(&self, store: &mut Store) -> Result<Clearings, StoreError> {
        match store.clearings() {
            Err(StoreError::Damaged(what)) => {
                *store = self.begin_anew(store.directory(), &what)?;
                store.clearings()
            }
            clearings => clearings,
        }
    }

    /// Shows what was good in place of a failure.
    fn fall_back(
        &self,
        store: &Store,
        failure: &str,
        entry: &Entry,
        mut body: Body,
    ) -> Result<Exit, Error> {
        // stderr may block: copy the output out first.
        let _ = body.let_go();
        let age = entry.created.age_at(Timestamp::now()).map(brief).unwrap_or_default();
        let warning =
            format_args!("the command failed ({failure}); this is its success of {age} ago");
        self.notices.warn(&warning);
        store.note_use(entry);
        shown(replay(&mut body), entry.exit)
    }

    pub(super) fn recorder(&self, store: &Store) -> Recorder {
        let Request { max_output, max_size, .. } = self.request;
        Recorder::new(store.directory().to_owned(), *max_output.min(max_size))
    }

    /// Runs the command.
    pub(super) fn execute(
        &self,
        observation: &Observation,
        stdin: Stdin,
        recorder: Option<Recorder>,
        Showing { spinner, withhold }: Showing<'_>,
        Others { held_up, unstorable }: Others<'_>,
    ) -> Result<Outcome, Box<NotRun>> {
        observation.watch();
        let mut job = Job {
            key: observation.fingerprint.key(),
            program: self.program.as_found(),
            words: &self.request.words,
            environment: self.request.key.environment(),
            input: input(stdin),
            outputs: observation.fingerprint.outputs,
            recorder,
            spinner,
            withhold,
            held_up,
            unstorable,
        };
        runner::run(&mut job).map_err(|error| {
            let unread = match job.input {
                Input::Buffered(held) => Some(held),
                _ => None,
            };
            Box::new(NotRun { error, unread })
        })
    }

    /// Stores a result if that is right; the command's own result does not depend on it.
    pub(super) fn keep(
        &self,
        store: &mut Store,
        observation: &Observation,
        condition: Condition,
        recording: Recording,
        since: Clearings,
    ) -> Result<(), Unkept> {
        let reason = |reason: &dyn std::fmt::Display| Err(Unkept::Reason(reason.to_string()));
        let policy = &self.request.policy;
        if let Err(unfit) = policy.keep(recording.exit) {
            return reason(&unfit);
        }
        if let Some(change) = observation.changed() {
            return reason(&change);
        }
        let Request { words, key, .. } = self.request;
        let fingerprint = &observation.fingerprint;
        let name = self.name();
        let mut new = NewEntry {
            key: fingerprint.key(),
            condition,
            lifetime: policy.lifetime(recording.exit),
            recording,
            scope: &fingerprint.scope,
            words: masked(&key.ignored, words),
            ignored: &fingerprint.ignored,
            directory: fingerprint.directory.as_ref().map(|directory| directory.physical.clone()),
            parts: fingerprint.parts(),
        };
        let now = Timestamp::now();
        let limits = Limits {
            since,
            max_entries: self.request.max_entries,
            max_size: self.request.max_size,
            is_spent: &|exit, created| policy.is_spent(exit, created, now),
        };
        let learned = observation.learned();
        let mut filled = store.fill(&name, &mut new, learned, &limits);
        if let Err(StoreError::Damaged(what)) = &filled {
            filled = self.begin_anew(store.directory(), what).and_then(|anew| {
                *store = anew;
                store.fill(&name, &mut new, learned, &limits)
            });
        }
        match filled {
            Ok(Filled::Stored) => Ok(()),
            Ok(Filled::Cleared) => reason(&"it was cleared while it ran"),
            Ok(Filled::TooLarge) => reason(&"longer than the whole store may be"),
            Err(fault) => Err(Unkept::Fault(fault.to_string())),
        }
    }

    /// Says whether a result is stored, or why not.
    fn tell(&self, kept: &Result<(), Unkept>) {
        match kept {
            Ok(()) => self.notices.detail(&"stored"),
            Err(Unkept::Reason(reason)) => {
                self.notices.detail(&format_args!("not stored: {reason}"));
            }
            Err(Unkept::Fault(fault)) => {
                self.notices.warn(&format_args!("{fault}; the result is not stored"));
            }
        }
    }
}

/// The exit of a run some of whose output is lost. The command saw at most that its pipe was closed, so it may have
/// ended as if all was well.
fn lost(error: &io::Error, exit: Exit) -> Result<Exit, Error> {
    match exit {
        // It may be the reader of this as well that takes nothing.
        exit if error.kind() == io::ErrorKind::TimedOut => {
            print_error_without_waiting(&unwritable(error));
            Ok(exit)
        }
        Exit::Code(0) | Exit::Signal(libc::SIGPIPE) => Err(unwritable(error)),
        exit => {
            print_error(&unwritable(error));
            Ok(exit)
        }
    }
}

/// A command that was not started.
pub(super) struct NotRun {
    error: SpawnError,
    /// The part of standard input that was read and not passed on.
    unread: Option<Buffered>,
}

/// Why a result is not stored.
pub(super) enum Unkept {
    /// It is not to be.
    Reason(String),
    /// It cannot be.
    Fault(String),
}

impl From<Unrecorded> for Unkept {
    fn from(reason: Unrecorded) -> Self {
        let text = reason.to_string();
        match reason {
            Unrecorded::Abandoned(Abandoned::Unwritable(_)) => Self::Fault(text),
            _ => Self::Reason(text),
        }
    }
}

/// How a run shows what it does; by default to nobody.
#[derive(Default)]
pub(super) struct Showing<'a> {
    spinner: Option<Spinner>,
    withhold: Option<&'a dyn Fn(Exit) -> bool>,
}

/// What is done for others who wait for a run: see [`Job`].
pub(super) struct Others<'a> {
    pub(super) held_up: &'a dyn Fn(),
    pub(super) unstorable: &'a dyn Fn(),
}

/// What is replayed should the command fail; its output is looked for only then.
struct Fallback<'s> {
    store: &'s Store,
    entry: Entry,
    body: RefCell<Option<Body>>,
}

impl<'s> Fallback<'s> {
    fn new(store: &'s Store, entry: Entry) -> Self {
        Self { store, entry, body: RefCell::new(None) }
    }

    /// Whether it is still there, and sound.
    fn is_there(&self) -> bool {
        let body = self.store.output(&self.entry).ok().flatten();
        self.body.replace(body);
        self.body.borrow().is_some()
    }

    fn take(&self) -> Option<Body> {
        if self.body.borrow().is_none() {
            self.is_there();
        }
        self.body.take()
    }
}

/// What the command gets of standard input.
fn input(stdin: Stdin) -> Input {
    match stdin {
        Stdin::Absent => Input::Empty,
        Stdin::Buffered(held) => Input::Buffered(held),
        Stdin::Closed => Input::Closed,
        Stdin::Stream(kind, _) => Input::Stream(kind),
        Stdin::Other => Input::Same,
        Stdin::File(file) => Input::File(file),
    }
}
