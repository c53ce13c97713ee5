//! All that a decision needs: the inputs of the call, the entries stored for them, and standard input.
//!
//! The look-up leaves the store locked for reading, so that the entries stay as they are until the decision. The lock is
//! released before anything that may take long.

use super::context::Call;
use super::inputs::CheckedInputs;
use crate::entry::{Entry, StdinKind};
use crate::key::{DigestMemory, Observation, observe};
use crate::options::{Execution, Request, StdinMode};
use crate::progress::Spinner;
use crate::runner;
use crate::single_flight::{ClaimSlot, RunState};
use crate::stdin::{Buffered, Stdin, StreamState};
use crate::store::Store;
use crate::time::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a decision needs.
pub struct Prepared {
    /// The store, locked for reading.
    pub store: Store,
    /// The inputs of the call.
    pub observation: Observation,
    /// The entries that are stored for them.
    pub variants: Vec<Entry>,
    /// What a look at the inputs of traced entries came to: the entries that do not hold are not among the variants.
    pub checked_inputs: CheckedInputs,
    /// Standard input, as far as it was looked into.
    pub stdin: Stdin,
}

impl Prepared {
    /// The place where the key of the call is claimed.
    pub(super) fn claim_slot(&self) -> io::Result<ClaimSlot> {
        ClaimSlot::open(self.store.directory(), self.observation.fingerprint.key().0.as_bytes())
    }

    /// Whether another process is filling the key.
    pub(super) fn is_running(&self) -> bool {
        self.claim_slot().is_ok_and(|slot| slot.state() != RunState::Over)
    }
}

impl Call<'_> {
    /// All that is needed to decide. An error says why nothing may be replayed or stored.
    pub fn prepare(&self, directory: Result<PathBuf, String>) -> Result<Prepared, String> {
        runner::have_resources().map_err(|fault| fault.to_string())?;
        let mut store = Store::for_look_up(&directory?).map_err(|fault| fault.to_string())?;
        let observation = self.observe(&store)?;
        let keys = observation.fingerprint.keys();
        let look_up = |store: &mut Store| self.look_up(store, &keys);
        let found = store.mended(self.notices, look_up).map_err(|fault| fault.to_string())?;
        let (variants, checked_inputs) = self
            .holding(&store, &observation, found)
            .map_err(|fault| format!("the working directory: {fault}"))?;
        let stdin =
            self.survey_stdin(&store, &variants).map_err(|fault| unreadable_stdin(&fault))?;
        Ok(Prepared { store, observation, variants, checked_inputs, stdin })
    }

    /// The inputs of the call, with a spinner where reading them takes long.
    fn observe(&self, memory: &dyn DigestMemory) -> Result<Observation, String> {
        let spinner = self.request.reading.as_deref().map(Spinner::new).map(Mutex::new);
        let tick = || {
            if let Some(Ok(mut spinner)) = spinner.as_ref().map(Mutex::try_lock) {
                spinner.tick();
            }
        };
        let (words, key) = (&self.request.words, &self.request.key);
        let observation = observe(self.program, words, key, Some(memory), self.began, &tick);
        observation.map_err(|fault| fault.to_string())
    }

    /// Standard input: looked into where that can lead to a hit, and read only on request.
    fn survey_stdin(&self, store: &Store, variants: &[Entry]) -> io::Result<Stdin> {
        let Request { stdin, execution, .. } = self.request;
        match stdin {
            StdinMode::Ignore => Ok(Stdin::Absent),
            StdinMode::Auto if *execution == Execution::InBackground => Ok(Stdin::Absent),
            _ if Stdin::is_closed() => Ok(Stdin::Closed),
            StdinMode::Read => {
                store.release_read_lock();
                self.read_stdin(store.directory())
            }
            StdinMode::Auto => {
                let stdin = Stdin::survey();
                if stdin.may_take_long() {
                    store.release_read_lock();
                }
                let usable = self.request.policy.usable(variants, self.began, Timestamp::now());
                stdin.look_ahead(&usable, || self.may_take_stdin().then_some(store.directory()))
            }
        }
    }

    /// Whether input may be read before it is known whether the command runs. A command that is executed in our place would
    /// get what was read only after the end of the input.
    pub(super) fn may_take_stdin(&self) -> bool {
        !self.only_looks
            && self.request.execution != Execution::Never
            && self.needs_its_own_output().is_none()
    }

    /// Reads standard input to its end, for `--stdin`. A call that only looks takes nothing from it: no command would
    /// get what it read.
    fn read_stdin(&self, directory: &Path) -> io::Result<Stdin> {
        let buffered = if self.only_looks {
            Buffered::peek(directory)?
        } else {
            Some(Buffered::read(directory)?)
        };
        let Some(buffered) = buffered else {
            return Ok(Stdin::Stream(StdinKind::Pipe, StreamState::Open));
        };
        let buffered = self.hashed(buffered);
        if buffered.condition.is_none() {
            self.notices.warn(&"standard input cannot be kept; the result is not stored");
        }
        Ok(Stdin::Buffered(buffered))
    }

    /// Applies the `--hash-with` command for standard input, if there is one, to the input that was read.
    fn hashed(&self, mut buffered: Buffered) -> Buffered {
        let Some(hash) = self.request.key.stdin_hash() else { return buffered };
        let input = Path::new("standard input");
        let hashed = buffered.count_as(|content| hash.digest(input, content, &|| {}));
        if let Err(fault) = hashed {
            self.notices.warn(&format_args!("{fault}; the result is not stored"));
        }
        buffered
    }
}

/// Why a call whose standard input cannot be looked into runs uncached.
pub(super) fn unreadable_stdin(fault: &io::Error) -> String {
    format!("cannot read standard input: {fault}")
}
