//! Questions to the remote, and what its answers say of its clock. Faults are told here, and open the breaker.
//!
//! All questions of a call share its `--remote-timeout`, and after a fault the call asks nothing more.

use crate::call::context::Call;
use crate::call::remote_state::SharedCall;
use crate::remote::breaker::{Breaker, BreakerPermit, RemoteDirection};
use crate::remote::child::{RemoteAnswer, RemoteOperation, Transfer};
use crate::remote::engine::RemoteFault;
use crate::remote::push::tombstone::date;
use crate::remote::{ObjectName, RemoteTombstone, SealedObject};
use crate::time::{Timestamp, brief};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// More than what a result holds: heads, tags, and what compression may add.
const OVERHEAD: u64 = 32 << 20;

/// A remote that may be asked.
pub(super) struct Exchange<'c> {
    call: &'c Call<'c>,
    shared: &'c SharedCall,
    /// The store, where files without a name are made.
    directory: PathBuf,
    breaker: Breaker,
    permit: BreakerPermit,
}

/// What there is to say of a remote that is left alone.
pub(super) fn left_alone(until: Timestamp) -> String {
    let now = Timestamp::now();
    let left = now.age_at(until).unwrap_or_default();
    format!("it is left alone for another {}, after a fault", brief(left))
}

/// Why a call asks the remote nothing more.
pub(super) enum AskingFault {
    /// The remote did not answer, or refused to, which was told.
    Unanswered,
    /// Standard input, which decides, cannot be read.
    Stdin(io::Error),
}

impl From<io::Error> for AskingFault {
    fn from(fault: io::Error) -> Self {
        Self::Stdin(fault)
    }
}

impl<'c> Exchange<'c> {
    /// `None` if the remote is left alone for a while.
    pub(super) fn begin(
        call: &'c Call<'c>,
        shared: &'c SharedCall,
        directory: &Path,
    ) -> Option<Self> {
        let breaker = Breaker::new(directory, &shared.transfer.access.url, RemoteDirection::Read);
        let permit = breaker.ask(Timestamp::now());
        if let BreakerPermit::Open { until } = permit {
            call.tell_not_asked(&left_alone(until));
            return None;
        }
        Some(Self { call, shared, directory: directory.to_owned(), breaker, permit })
    }

    /// The object of that name in a file without one; `None` if there is none.
    pub(super) fn get(&self, name: &ObjectName) -> Result<Option<File>, AskingFault> {
        let limits = self.call.pack_limits();
        let bound = limits.output.saturating_add(limits.files).saturating_add(OVERHEAD);
        let (answer, file) = self.ask(name, RemoteOperation::Get { bound })?;
        self.shared.count(|uses| uses.misses = 1);
        let RemoteAnswer::Found { length, .. } = answer else { return Ok(None) };
        self.shared.count(|uses| uses.received += length);
        Ok(Some(file))
    }

    /// Asks for the time, and when the results under this first name were last cleared.
    pub(super) fn hear_clearing(&self, name: &ObjectName) {
        let (clearing, secrets) = (name.of_clearing(&self.shared.secrets), &self.shared.secrets);
        let asked = Timestamp::now();
        let get = RemoteOperation::Get { bound: RemoteTombstone::LONGEST };
        // A fault is reported. The process that pushes the result asks for the time again.
        let _ = match self.transfer(&clearing, get) {
            // Who may only write may still ask for the time.
            Err(RemoteFault::Unauthorized(_)) => self.ask(name, RemoteOperation::Now).map(drop),
            answer => self.note(name, asked, answer).map(|(_, file)| {
                let object = SealedObject::verify(file, &clearing, secrets).ok();
                self.shared.cleared.set(object.and_then(date));
            }),
        };
    }

    fn ask(
        &self,
        name: &ObjectName,
        operation: RemoteOperation,
    ) -> Result<(RemoteAnswer, File), AskingFault> {
        let asked = Timestamp::now();
        self.note(name, asked, self.transfer(name, operation))
    }

    /// Notes what an answer, or a fault, says of the remote. The question was asked at that time.
    fn note(
        &self,
        name: &ObjectName,
        asked: Timestamp,
        answer: Result<(RemoteAnswer, File), RemoteFault>,
    ) -> Result<(RemoteAnswer, File), AskingFault> {
        match answer {
            Ok((answer, file)) => {
                self.breaker.note_answer();
                if let Some(ahead) = answer.clock_ahead(asked) {
                    self.shared.clock_ahead.set(Some(ahead));
                }
                Ok((answer, file))
            }
            Err(fault) => {
                let is_elsewhere = self.shared.names.iter().skip(1).any(|it| it == name);
                if matches!(fault, RemoteFault::TooLarge { .. }) && !is_elsewhere {
                    // It is longer than any result that this call could take.
                    self.shared.may_replace.set(true);
                }
                self.tell(&fault);
                Err(AskingFault::Unanswered)
            }
        }
    }

    /// Makes one transfer in the time that earlier ones of this call have left.
    fn transfer(
        &self,
        name: &ObjectName,
        operation: RemoteOperation,
    ) -> Result<(RemoteAnswer, File), RemoteFault> {
        let within = self.shared.time_left.get();
        if within.is_zero() {
            return Err(RemoteFault::Timeout("the time of this call is over".to_owned()));
        }
        let file = tempfile::tempfile_in(&self.directory).map_err(RemoteFault::local)?;
        let transfer = Transfer { within, ..self.shared.transfer.clone() };
        let begun = Instant::now();
        let answer = transfer.run(name.as_str(), operation, &file);
        let waited = begun.elapsed();
        self.shared.count(|uses| uses.waited += waited);
        self.shared.time_left.set(within.saturating_sub(waited));
        Ok((answer?, file))
    }

    fn tell(&self, fault: &RemoteFault) {
        self.shared.count(|uses| *uses += fault.uses());
        let begins = self.breaker.note_fault(self.permit, fault, Timestamp::now());
        let told = format!("the remote {}: {fault}", self.shared.transfer.access.url);
        if begins || !fault.is_an_outage() {
            self.call.notices.warn(&told);
        } else {
            self.call.notices.detail(&told);
        }
    }
}
