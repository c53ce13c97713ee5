//! The part of its input that the command took, and the condition that this sets for its result. Pure.

use crate::entry::{Condition, StdinKind};
use crate::key::Digest;
use crate::runner::error::Unrecorded;
use crate::stdin::{Readiness, SOCKET_LIMIT};

/// The part of its input that the command took.
pub(super) struct Taken {
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    /// The input before the command began.
    pub(super) first: Readiness,
    /// Whether there was ever something to take.
    pub(super) came: bool,
    /// The input when the command had ended.
    pub(super) left: Readiness,
    /// Whether the command wrote to its input.
    pub(super) was_written: bool,
}

impl Taken {
    pub(super) fn condition(self, kind: StdinKind) -> Result<Condition, Unrecorded> {
        if self.was_written {
            return Err(Unrecorded::StdinWritten);
        }
        match (self.bytes, self.first, self.left) {
            (0, Readiness::Ended, _) => Ok(Condition::StdinEmpty(kind)),
            (0, Readiness::Waiting, Readiness::Waiting) => Ok(Condition::StdinUnread),
            (0, Readiness::Silent, Readiness::Silent) if !self.came => {
                Ok(Condition::StdinSilent(kind))
            }
            // The command may have looked for input while there was none.
            (0, ..) => Err(Unrecorded::StdinUnknown),
            (length, _, Readiness::Ended) if kind == StdinKind::Pipe || length <= SOCKET_LIMIT => {
                Ok(Condition::Stdin { kind, digest: self.digest, length })
            }
            (_, _, Readiness::Ended) => Err(Unrecorded::StdinLong),
            _ => Err(Unrecorded::StdinPart),
        }
    }
}
