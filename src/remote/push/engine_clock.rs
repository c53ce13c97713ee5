//! The clock of the engine, for results whose calls never heard it: the remote was left alone, or did not answer.

use super::note::OutgoingNote;
use crate::remote::child::{RemoteOperation, Transfer};
use crate::remote::engine::RemoteFault;
use crate::time::Timestamp;
use std::cell::Cell;

/// The clock of the engine. It is asked once, and only if a result needs it.
#[derive(Default)]
pub(super) struct EngineClock {
    ahead: Cell<Option<i64>>,
}

impl EngineClock {
    /// When the result ended, by the clock of the engine.
    ///
    /// # Errors
    /// When the remote does not answer. If it does not allow the question, our own clock has to do.
    pub(super) fn end_of(
        &self,
        note: &OutgoingNote,
        transfer: &Transfer,
    ) -> Result<Timestamp, RemoteFault> {
        let ended = match note.result.ended {
            Some(ended) => ended,
            None => note.result.created.saturating_add(self.ahead(&note.name, transfer)?),
        };
        Ok(Timestamp::from_millis(ended))
    }

    fn ahead(&self, name: &str, transfer: &Transfer) -> Result<i64, RemoteFault> {
        if let Some(ahead) = self.ahead.get() {
            return Ok(ahead);
        }
        let unused = tempfile::tempfile().map_err(RemoteFault::local)?;
        let asked = Timestamp::now();
        let ahead = match transfer.run(name, RemoteOperation::Now, &unused) {
            Ok(answer) => answer.clock_ahead(asked).unwrap_or_default(),
            Err(RemoteFault::Unauthorized(_)) => 0,
            Err(fault) => return Err(fault),
        };
        self.ahead.set(Some(ahead));
        Ok(ahead)
    }
}
