//! The reasons why a command has to run or its result is not kept, and their texts in messages.

use crate::exit::Exit;
use crate::time::brief;
use std::time::Duration;

/// Why a command has to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissReason {
    /// `--refresh`.
    #[error("asked to refresh")]
    Refresh,
    /// Nothing is stored under this key.
    #[error("nothing stored for this call")]
    Absent,
    /// The stored entries are for another standard input.
    #[error("stored for another standard input only")]
    OtherStdin,
    /// The stored entries are for other inputs of a traced run.
    #[error("stored for other inputs")]
    OtherInputs,
    /// The stored entry expired this long ago.
    #[error("expired {} ago", brief(*.0))]
    Expired(Duration),
    /// The stored entry comes from the future: the clock was set back.
    #[error("stored in the future according to the current clock")]
    FromTheFuture,
    /// The output files of the stored entry cannot be brought back, for this reason.
    #[error("its files cannot be brought back: {0}")]
    OutputsInTheWay(String),
    /// The stored entry is a failure without output files, and this call counts it as a success.
    #[error("stored as a failure, without its output files")]
    WithoutOutputs,
    /// The stored entry is damaged.
    #[error("the stored entry is damaged")]
    Damaged,
    /// The stored entry cannot be read now.
    #[error("the stored entry cannot be read")]
    Unreadable,
}

/// Why a result is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Discarded {
    /// A signal killed it.
    #[error("{0}")]
    Killed(Exit),
    /// The exit code is 126 or 127: something could not be started, which may change at any time.
    #[error("{0}: a program could not be started")]
    NotStarted(Exit),
    /// It failed, and failures are not to be kept.
    #[error("{0}, and failures are discarded")]
    Failure(Exit),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_described_in_words() {
        let expired = MissReason::Expired(Duration::from_mins(5));
        assert_eq!(expired.to_string(), "expired 5m ago");
        assert_eq!(MissReason::Absent.to_string(), "nothing stored for this call");
        let discarded = [
            (Discarded::Killed(Exit::Signal(9)), "killed by signal 9"),
            (
                Discarded::NotStarted(Exit::Code(126)),
                "exit code 126: a program could not be started",
            ),
            (Discarded::Failure(Exit::Code(1)), "exit code 1, and failures are discarded"),
        ];
        for (reason, text) in discarded {
            assert_eq!(reason.to_string(), text);
        }
    }
}
