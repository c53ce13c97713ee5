//! `cachex [OPTIONS] [--] COMMAND`: replay what is stored, or run and store.

use crate::entry::{Condition, Entry, NewEntry};
use crate::error::Error;
use crate::exit::Exit;
use crate::key::{CommandName, DigestMemory, Key, Observation, Program, ResolveError, observe};
use crate::nesting;
use crate::policy::{MissReason, Verdict};
use crate::progress::Spinner;
use crate::recording::{Abandoned, Body, Recorder, Recording};
use crate::replay::replay;
use crate::runner::{self, Input, Job, SpawnError, Unrecorded};
use crate::settings::{Request, StdinMode};
use crate::stdin::{Held, Stdin};
use crate::store::{Claimed, Clearings, Filled, Limits, Store, StoreError};
use crate::terminal::{Notices, escape_os};
use crate::time::{Timestamp, brief};
use std::io;
use std::path::Path;

/// Runs a request to its end.
///
/// # Errors
/// When the command cannot be started, or `--only-if-cached` found nothing.
pub fn run(
    request: &Request,
    directory: Result<&Path, String>,
    notices: &Notices,
) -> Result<Exit, Error> {
    let program = find_program(request)?;
    if request.no_cache {
        return Err(become_command(request, &program));
    }
    let call = Call { request, program: &program, notices, asked: Timestamp::now() };
    if let Err(fault) = runner::have_room() {
        notices.warn(&format_args!("{fault}; running uncached"));
        return call.run_uncached();
    }
    let Some((store, observation, variants)) = call.prepare(directory) else {
        return call.run_uncached();
    };
    let Some(stdin) = call.survey_stdin(&store, &variants) else {
        return call.run_uncached();
    };
    match call.choose(&store, variants, &stdin) {
        Ok(hit) => call.replay(store, &observation, &stdin, hit),
        Err(reason) if request.only_if_cached => Err(Error::Missed(reason.to_string())),
        Err(reason) => {
            notices.detail(&format_args!("miss: {reason}"));
            call.run_once(store, &observation, stdin)
        }
    }
}

/// One call of a command: what is asked, and what was found to run.
struct Call<'a> {
    request: &'a Request,
    program: &'a Program,
    notices: &'a Notices,
    /// When this call began.
    asked: Timestamp,
}

impl Call<'_> {
    /// The store, the inputs of the call and what is stored for them; `None`, with a warning, when
    /// nothing may be replayed.
    fn prepare(
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

    fn open(&self, directory: &Path) -> Result<Store, StoreError> {
        match Store::open(directory) {
            Err(StoreError::Damaged(what)) => self.begin_anew(directory, &what),
            opened => opened,
        }
    }

    fn look_up(&self, store: Store, keys: &[Key]) -> Result<(Store, Vec<Entry>), StoreError> {
        match store.variants(keys) {
            Err(StoreError::Damaged(what)) => {
                Ok((self.begin_anew(store.directory(), &what)?, Vec::new()))
            }
            variants => variants.map(|variants| (store, variants)),
        }
    }

    fn begin_anew(&self, directory: &Path, what: &str) -> Result<Store, StoreError> {
        let store = Store::begin_anew(directory)?;
        self.notices.warn(&format_args!("the store was damaged ({what}) and begins anew"));
        Ok(store)
    }

    /// Runs the command with nothing of cachex around it.
    fn run_uncached(&self) -> Result<Exit, Error> {
        if self.request.only_if_cached {
            return Err(Error::Missed("the cache cannot be used".to_owned()));
        }
        Err(become_command(self.request, self.program))
    }

    /// Standard input, looked into where that can tell a hit, and read only on request; `None`, with
    /// a warning, when it cannot be.
    fn survey_stdin(&self, store: &Store, variants: &[Entry]) -> Option<Stdin> {
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
    fn choose(
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

    fn replay(
        &self,
        store: Store,
        observation: &Observation,
        stdin: &Stdin,
        (entry, mut body): (Entry, Body),
    ) -> Result<Exit, Error> {
        stdin.take(entry.condition);
        store.note_use(&entry);
        let replayed = replay(&mut body);
        // Only where a large file was new to us: the next hit need not read it again.
        if let Err(fault) = store.remember(observation.learned()) {
            self.notices.detail(&fault);
        }
        match replayed {
            Ok(()) => Ok(entry.exit),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(Exit::Signal(libc::SIGPIPE))
            }
            Err(error) => Err(unwritable(&error)),
        }
    }

    /// Runs the command unless another process is running it for the same key: then waits for that
    /// one, and runs only if it left nothing to replay.
    fn run_once(
        &self,
        store: Store,
        observation: &Observation,
        stdin: Stdin,
    ) -> Result<Exit, Error> {
        let key = observation.fingerprint.key();
        if !self.stores(&store) || nesting::is_inside(key) {
            return self.execute_and_store(store, observation, stdin);
        }
        let claimed = match store.claim(&key) {
            Ok(claimed) => claimed,
            Err(fault) => {
                self.notices.detail(&format_args!("cannot claim the run: {fault}"));
                return self.execute_and_store(store, observation, stdin);
            }
        };
        if let Claimed::Theirs(claims) = &claimed {
            let begun = || self.notices.detail(&"waiting for another run of the same");
            let spinner = self.request.waiting.as_deref().map(Spinner::new);
            let waited = runner::wait_until(begun, || claims.are_free(), spinner);
            if let Ok(Err(signal)) = waited {
                return Ok(Exit::Signal(signal));
            }
        }
        // Somebody may have stored it since we looked, whether we waited or not.
        let keys = observation.fingerprint.keys();
        let variants = store.variants(&keys).unwrap_or_default();
        let stdin = match stdin.look_ahead(&variants, store.directory()) {
            Ok(stdin) => stdin,
            Err(fault) => {
                self.notices.warn(&format_args!("cannot read standard input: {fault}"));
                return self.run_uncached();
            }
        };
        match self.choose(&store, variants, &stdin) {
            Ok(hit) => self.replay(store, observation, &stdin, hit),
            Err(_) => self.execute_and_store(store, observation, stdin),
        }
    }

    /// Whether what runs now is to be stored.
    fn stores(&self, store: &Store) -> bool {
        !self.request.no_store && !store.is_read_only()
    }

    fn execute_and_store(
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
    fn keep(
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

    fn tell_unstored(&self, reason: &dyn std::fmt::Display) {
        self.notices.detail(&format_args!("not stored: {reason}"));
    }
}

fn find_program(request: &Request) -> Result<Program, Error> {
    let Some(word) = request.words.first() else {
        return Err(Error::Usage("no command given; try cachex --help".to_owned()));
    };
    Program::resolve(word).map_err(|error| match error {
        ResolveError::NotFound => Error::NotFound { command: word.clone() },
        ResolveError::NotExecutable(command, reason) => Error::NotExecutable { command, reason },
    })
}

/// Replaces this process by the command; comes back only with an error.
fn become_command(request: &Request, program: &Program) -> Error {
    not_started(program, runner::exec(program.as_found(), &request.words))
}

fn not_started(program: &Program, error: SpawnError) -> Error {
    let command = program.path().to_owned();
    match error {
        SpawnError::Refused(reason) if reason.kind() == io::ErrorKind::NotFound => {
            Error::NotFound { command: command.into_os_string() }
        }
        SpawnError::Refused(reason) => Error::NotExecutable { command, reason },
        SpawnError::Other(_) => Error::Failed(error.to_string()),
    }
}

fn unwritable(error: &io::Error) -> Error {
    Error::Failed(format!("cannot write the output: {error}"))
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
