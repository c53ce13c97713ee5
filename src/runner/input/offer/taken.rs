//! What the command took of its input, and what its result holds for because of it.

use crate::entry::{Condition, StdinKind};
use crate::key::Digest;
use crate::runner::error::Unrecorded;
use crate::stdin::{Look, SOCKET_LIMIT};

/// What the command took.
pub(super) struct Taken {
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    /// What was there at the first moment.
    pub(super) first: Look,
    /// Whether there was ever something to take.
    pub(super) came: bool,
    /// What was left when the command ended.
    pub(super) left: Look,
    /// Whether the command wrote to it.
    pub(super) was_written: bool,
}

impl Taken {
    pub(super) fn condition(self, kind: StdinKind) -> Result<Condition, Unrecorded> {
        if self.was_written {
            return Err(Unrecorded::StdinWritten);
        }
        match (self.bytes, self.first, self.left) {
            (0, Look::Ended, _) => Ok(Condition::StdinEmpty(kind)),
            (0, Look::Waiting, Look::Waiting) => Ok(Condition::StdinUnread),
            (0, Look::Silent, Look::Silent) if !self.came => Ok(Condition::StdinSilent(kind)),
            // Whether it looked for input while there was none cannot be told.
            (0, ..) => Err(Unrecorded::StdinUnknown),
            (length, _, Look::Ended) if kind == StdinKind::Pipe || length <= SOCKET_LIMIT => {
                Ok(Condition::Stdin { kind, digest: self.digest, length })
            }
            (_, _, Look::Ended) => Err(Unrecorded::StdinLong),
            _ => Err(Unrecorded::StdinPart),
        }
    }
}
