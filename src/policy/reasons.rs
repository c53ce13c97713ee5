//! The reasons why a command has to run or its result is not kept, and their texts in messages.

use crate::exit::Exit;
use crate::time::brief;
use std::fmt;
use std::time::Duration;

/// Why a command has to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// `--refresh`.
    Refresh,
    /// Nothing is stored under this key.
    Absent,
    /// The stored entries are for another standard input.
    OtherStdin,
    /// The stored entries are for other inputs of a traced run.
    OtherInputs,
    /// The stored entry expired this long ago.
    Expired(Duration),
    /// The stored entry comes from the future: the clock was set back.
    FromTheFuture,
    /// The output files of the stored entry cannot be brought back, for this reason.
    OutputsInTheWay(String),
    /// The stored entry is damaged.
    Damaged,
    /// The stored entry cannot be read now.
    Unreadable,
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refresh => f.write_str("asked to refresh"),
            Self::Absent => f.write_str("nothing stored for this call"),
            Self::OtherStdin => f.write_str("stored for another standard input only"),
            Self::OtherInputs => f.write_str("stored for other inputs"),
            Self::Expired(ago) => write!(f, "expired {} ago", brief(*ago)),
            Self::FromTheFuture => {
                f.write_str("stored in the future according to the current clock")
            }
            Self::OutputsInTheWay(obstacle) => {
                write!(f, "its files cannot be brought back: {obstacle}")
            }
            Self::Damaged => f.write_str("the stored entry is damaged"),
            Self::Unreadable => f.write_str("the stored entry cannot be read"),
        }
    }
}

/// Why a result is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discarded {
    /// A signal killed it.
    Killed(Exit),
    /// The exit code is 126 or 127: something could not be started, which may change at any time.
    NotStarted(Exit),
    /// It failed, and failures are not to be kept.
    Failure(Exit),
}

impl fmt::Display for Discarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(exit) => exit.fmt(f),
            Self::NotStarted(exit) => write!(f, "{exit}: a program could not be started"),
            Self::Failure(exit) => write!(f, "{exit}, and failures are discarded"),
        }
    }
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
