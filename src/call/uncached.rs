//! Running the command without the cache: in our place, with nothing of cachex around it.

use super::context::Call;
use super::ending;
use super::output_as_input;
use crate::error::Error;
use crate::exit::Exit;
use crate::options::Execution;
use crate::runner::{self, Environment};
use crate::single_flight::active;
use crate::stdin::{self, Buffered};
use crate::terminal::{Stream, escape_os};

impl Call<'_> {
    /// Runs the command as if cachex were not there; with `--only-if-cached` it does not run even then.
    pub fn run_switched_off(&self) -> Result<Exit, Error> {
        if self.request.execution == Execution::Never {
            return Err(Error::Missed("cachex is switched off".to_owned()));
        }
        self.run_bare(None)
    }

    /// Runs the command since it cannot be cached, for this reason.
    pub fn run_uncached(&self, reason: &str) -> Result<Exit, Error> {
        let instead = match self.request.execution {
            Execution::Never => return Err(Error::Missed(reason.to_owned())),
            Execution::InBackground => "nothing is warmed",
            Execution::OnMiss => "running uncached",
        };
        self.notices.warn(&format_args!("{reason}; {instead}"));
        self.run_bare(self.pure_environment())
    }

    /// Runs the command uncached after cachex has read some of standard input: that part is put back first.
    pub fn run_uncached_with(&self, unread: Option<Buffered>, reason: &str) -> Result<Exit, Error> {
        if let Some(unread) = unread {
            let fault = |fault| Error::Failed(format!("cannot pass standard input on: {fault}"));
            stdin::put_back(unread).map_err(fault)?;
        }
        self.run_uncached(reason)
    }

    /// Why the command cannot do with a pipe in place of one of our output streams.
    pub fn needs_its_own_output(&self) -> Option<String> {
        if [Stream::Stdout, Stream::Stderr].iter().any(|stream| stream.takes_only_own_writes()) {
            return Some("output to a device cannot be recorded".to_owned());
        }
        let word = escape_os(output_as_input::among(&self.request.words)?);
        Some(format!("the output goes to an input of the command ({word})"))
    }

    /// The environment that `--pure-env` leaves. No key is being filled, so the keys around stay as they are.
    fn pure_environment(&self) -> Option<Environment> {
        self.request.key.pure_environment.then(|| self.environment(active()))
    }

    /// Becomes the command. Without a cache there is nothing to warm.
    fn run_bare(&self, environment: Option<Environment>) -> Result<Exit, Error> {
        if self.request.execution == Execution::InBackground {
            return Ok(Exit::Code(0));
        }
        let words = &self.request.words;
        let error = runner::exec(&self.program.found, words, environment);
        Err(ending::not_started(self.program, error))
    }
}
