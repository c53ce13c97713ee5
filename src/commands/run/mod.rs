//! `cachex [OPTIONS] [--] COMMAND`: replay what is stored, or run and store.
//!
//! The story of a call, in the words of the other modules. No fault of the store ends it: it goes on without.
//! While the command runs no transaction is open, and only callers of the same key wait.

mod execute;
mod look_up;
mod nearest;
mod once;
mod outlook;
mod own_output;
mod renew;

use super::not_whole;
use crate::error::Error;
use crate::exit::Exit;
use crate::inherited;
use crate::key::{CommandName, Observation, Program, ResolveError};
use crate::nesting;
use crate::options::{Execution, Request};
use crate::replay::replay;
use crate::runner::{self, Environment, SpawnError};
use crate::stdin::{self, Buffered, Stdin};
use crate::store::{Store, StoreError};
use crate::terminal::{Notices, Stream, escape_os};
use crate::time::Timestamp;
pub(super) use look_up::Prepared;
use look_up::{Hit, Miss};
pub(super) use nearest::Nearest;
pub(super) use outlook::Outlook;
use std::io;
use std::path::PathBuf;

/// Runs a request to its end.
///
/// # Errors
/// When the command cannot be started, or `--only-if-cached` found nothing.
pub fn run(
    request: &Request,
    directory: Result<PathBuf, String>,
    notices: &Notices,
) -> Result<Exit, Error> {
    let program = find_program(request)?;
    let call = Call::new(request, &program, notices);
    if request.no_cache {
        return call.run_off();
    }
    let Prepared { store, observation, variants, stdin } = match call.prepare(directory) {
        Ok(prepared) => prepared,
        Err(fault) => return call.run_uncached(&fault),
    };
    if request.execution == Execution::InBackground {
        return Ok(call.warm(store, &observation, stdin, &variants));
    }
    let chosen = call.choose(&store, &observation, variants, &stdin);
    match chosen {
        Ok(hit) => {
            call.tell_caveats(&observation, false);
            call.replay(store, observation, stdin, hit)
        }
        Err(miss) if request.execution == Execution::Never => {
            call.tell_caveats(&observation, true);
            Err(Error::Missed(miss.reason.to_string()))
        }
        Err(miss) => {
            if let Some(reason) = call.needs_its_own_output() {
                return call.run_in_our_place(stdin.into_buffered(), &reason);
            }
            call.tell_miss(&store, &observation, &miss.reason);
            call.tell_caveats(&observation, true);
            call.run_once(store, observation, stdin, miss.fallback)
        }
    }
}

/// One call of a command: what is asked, and what was found to run.
pub(super) struct Call<'a> {
    request: &'a Request,
    program: &'a Program,
    notices: &'a Notices,
    /// When this call began.
    asked: Timestamp,
    /// Whether it is only asked what it would do.
    only_looks: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a Request, program: &'a Program, notices: &'a Notices) -> Self {
        Self { request, program, notices, asked: Timestamp::now(), only_looks: false }
    }

    /// A call that takes nothing from standard input, and runs nothing.
    pub(super) fn only_looking(self) -> Self {
        Self { only_looks: true, ..self }
    }

    /// What its entries go by.
    pub(super) fn name(&self) -> CommandName {
        CommandName::of(self.program.path(), &self.request.words, &self.request.key.ignored)
    }

    /// Runs the command as if cachex were not there; one that must not run does not even then.
    fn run_off(&self) -> Result<Exit, Error> {
        if self.request.execution == Execution::Never {
            return Err(Error::Missed("cachex is switched off".to_owned()));
        }
        self.run_bare(None)
    }

    /// Runs the command since it cannot be cached, for this reason.
    fn run_uncached(&self, fault: &str) -> Result<Exit, Error> {
        self.warn_uncached(fault);
        if self.request.execution == Execution::Never {
            return Err(Error::Missed("the cache cannot be used".to_owned()));
        }
        self.run_bare(self.request.key.environment())
    }

    /// Why the command cannot do with a pipe in place of what our output streams are.
    fn needs_its_own_output(&self) -> Option<String> {
        if [Stream::Stdout, Stream::Stderr].iter().any(|stream| stream.takes_only_own_writes()) {
            return Some("what is written to a device cannot be recorded".to_owned());
        }
        let word = escape_os(own_output::among(&self.request.words)?);
        Some(format!("the output goes to an input of the command ({word})"))
    }

    /// The same after standard input was looked into: the command gets what was read of it.
    fn run_in_our_place(&self, unread: Option<Buffered>, fault: &str) -> Result<Exit, Error> {
        if let Some(held) = unread {
            let fault = |fault| Error::Failed(format!("cannot pass standard input on: {fault}"));
            stdin::put_back(held).map_err(fault)?;
        }
        self.run_uncached(fault)
    }

    /// Warns that nothing can be cached.
    pub(super) fn warn_uncached(&self, fault: &str) {
        self.notices.warn(&format_args!("{fault}; running uncached"));
    }

    /// Runs the command with nothing of cachex around it; there is nothing to warm then.
    fn run_bare(&self, environment: Option<Environment>) -> Result<Exit, Error> {
        if self.request.execution == Execution::InBackground {
            return Ok(Exit::Code(0));
        }
        let words = &self.request.words;
        let error = runner::exec(self.program.as_found(), words, environment);
        Err(not_started(self.program, error))
    }

    fn replay(
        &self,
        mut store: Store,
        observation: Observation,
        stdin: Stdin,
        Hit { entry, mut body, is_stale }: Hit,
    ) -> Result<Exit, Error> {
        store.note_use(&entry);
        if is_stale {
            // What is open must not be carried into another process.
            let begun = match body.let_go() {
                Ok(()) => self.renew(store, observation, stdin, &entry),
                Err(fault) => {
                    self.notices.detail(&format_args!("not renewed: {fault}"));
                    None
                }
            };
            let replayed = replay(&mut body);
            if let Some(begun) = begun {
                begun.let_go();
            }
            return shown(replayed, entry.exit);
        }
        stdin.take(entry.condition);
        let replayed = replay(&mut body);
        drop(body);
        // Only where a large file was new to us: the next hit need not read it again.
        if let Err(fault) = store.remember(observation.learned()) {
            self.notices.detail(&fault);
        }
        store.skip_cleanup();
        shown(replayed, entry.exit)
    }
}

pub(super) fn find_program(request: &Request) -> Result<Program, Error> {
    let Some(word) = request.words.first() else {
        return Err(Error::Usage("no command given; try cachex --help".to_owned()));
    };
    Program::resolve(word).map_err(|error| match error {
        ResolveError::NotFound => Error::NotFound { command: word.clone() },
        ResolveError::NotExecutable(command, reason) => Error::NotExecutable { command, reason },
    })
}

fn not_started(program: &Program, error: SpawnError) -> Error {
    let command = program.path().to_owned();
    match error {
        SpawnError::Refused(reason) if reason.kind() == io::ErrorKind::NotFound => {
            Error::NotFound { command: command.into_os_string() }
        }
        SpawnError::Refused(reason) => Error::NotExecutable { command, reason },
        SpawnError::Other(_) | SpawnError::OutOfSight(_) => Error::Failed(error.to_string()),
    }
}

/// The exit of what was written to our streams.
fn shown(written: io::Result<()>, exit: Exit) -> Result<Exit, Error> {
    match written {
        Ok(()) => Ok(exit),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(without_reader()),
        // It was whole a moment ago, and some of it may have been shown since.
        Err(error) if StoreError::is_in(&error) => Err(not_whole(&error)),
        Err(error) => Err(unwritable(&error)),
    }
}

/// The end of a command whose output nobody reads any more.
fn without_reader() -> Exit {
    let signal = Exit::Signal(libc::SIGPIPE);
    // Where the caller ignores it, it kills no command.
    let is_ignored = (inherited::ignored_signals() >> (libc::SIGPIPE - 1)) & 1 == 1;
    if is_ignored { Exit::Code(signal.status()) } else { signal }
}

fn unwritable(error: &io::Error) -> Error {
    Error::Failed(format!("cannot write the output: {error}"))
}
