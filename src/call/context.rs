//! What every step of a call knows: the request, the program, and when it began.

use crate::error::Error;
use crate::key::{CommandName, Program, ResolveError};
use crate::options::{Request, hint_for};
use crate::runner::Environment;
use crate::single_flight::ACTIVE_VARIABLE;
use crate::store::Store;
use crate::terminal::Notices;
use crate::time::Timestamp;
use std::cell::Cell;
use std::ffi::OsString;

/// One call of a command.
pub struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) program: &'a Program,
    pub(super) notices: &'a Notices,
    /// When this call began.
    pub(super) began: Timestamp,
    /// Whether it was said that files cannot be brought back.
    pub(super) warned_of_outputs: Cell<bool>,
    /// What it knows of its remote.
    #[cfg(feature = "remote")]
    pub(super) remote: super::remote_state::RemoteState,
    /// Whether this call only asks what a run would do.
    pub(super) only_looks: bool,
}

impl<'a> Call<'a> {
    /// A call that begins now.
    pub fn new(request: &'a Request, program: &'a Program, notices: &'a Notices) -> Self {
        let (warned_of_outputs, began) = (Cell::new(false), Timestamp::now());
        Self {
            request,
            program,
            notices,
            began,
            warned_of_outputs,
            #[cfg(feature = "remote")]
            remote: super::remote_state::RemoteState::default(),
            only_looks: false,
        }
    }

    /// A call that takes nothing from standard input and runs nothing.
    pub fn only_looking(self) -> Self {
        Self { only_looks: true, ..self }
    }

    /// The name that its entries are stored under.
    pub(super) fn name(&self) -> CommandName {
        CommandName::of(&self.program.path, &self.request.words, &self.request.key.ignored)
    }

    /// Whether the result of a run is to be stored.
    pub(super) fn stores(&self, store: &Store) -> bool {
        self.why_not_stored(store).is_none()
    }

    /// Why the result of a run is not to be stored, if it is not. Then no remote is asked: what it has could not be stored.
    pub(super) fn why_not_stored(&self, store: &Store) -> Option<&'static str> {
        if self.request.no_store {
            Some("its result would not be stored")
        } else {
            store.is_read_only().then_some("the store is read-only")
        }
    }

    /// The environment of the command, inside the runs that are `active`.
    pub(super) fn environment(&self, active: OsString) -> Environment {
        let pure = self.request.key.environment(std::env::vars_os());
        let own = || Environment::new(std::env::vars_os());
        let mut environment = pure.map_or_else(own, Environment::new);
        if !active.is_empty() {
            environment.set(ACTIVE_VARIABLE.into(), active);
        }
        environment
    }
}

/// The program that the command line names.
pub fn find_program(request: &Request) -> Result<Program, Error> {
    let Some(word) = request.words.first() else {
        return Err(Error::Usage("no command given; try cachex --help".to_owned()));
    };
    Program::resolve(word).map_err(|error| match error {
        ResolveError::NotFound => Error::NotFound { command: word.clone(), hint: hint_for(word) },
        ResolveError::NotExecutable(command, reason) => Error::NotExecutable { command, reason },
    })
}
