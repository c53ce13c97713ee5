//! What came of a run.

use crate::entry::Condition;
use crate::exit::Exit;
use crate::recording::Recording;
use crate::runner::error::Unrecorded;
use crate::runner::output::{PumpEnd, Shared, Tape, keep_forwarding, worst};
use crate::terminal::Stream;
use crate::time::Timestamp;
use std::io;
use std::time::{Duration, Instant};

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub exit: Exit,
    /// The recording and what it holds for, or why there is none that could be replayed.
    pub recording: Result<(Recording, Condition), Unrecorded>,
    /// Whether none of the output was shown, as asked for after such an end.
    pub withheld: bool,
    /// Why our own streams did not take all of the output.
    pub lost: Option<io::Error>,
}

/// The end of the command, which is not yet that of its output.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) exit: Exit,
    ended: Timestamp,
    elapsed: Duration,
}

impl End {
    pub(super) fn now(exit: Exit, started: Instant) -> Self {
        Self { exit, ended: Timestamp::now(), elapsed: started.elapsed() }
    }
}

/// Shows what was held to the end, unless it is unwanted.
pub(super) async fn show_held(shared: &Shared<'_>, is_unwanted: impl FnOnce() -> bool) -> Shown {
    let withheld = shared.tape.borrow().is_held() && is_unwanted();
    let unshown = if withheld { None } else { shared.let_out().await.err() };
    Shown { withheld, lost: worst(unshown.into_iter().chain(shared.lost.take())) }
}

/// What became of output that was held.
pub(super) struct Shown {
    withheld: bool,
    lost: Option<io::Error>,
}

/// What came of a run that has ended: a recording only if nothing speaks against it.
pub(super) fn conclude(
    end: End,
    (out, err): (PumpEnd, PumpEnd),
    condition: Result<Condition, Unrecorded>,
    tape: Tape,
    Shown { withheld, lost }: Shown,
) -> Outcome {
    let End { exit, ended, elapsed } = end;
    let record = || Ok((Recording { body: tape.finish()?, exit, ended, elapsed }, condition?));
    let recording = record();
    let (out, err) = (out.split(), err.split());
    let left_behind = [(Stream::Stdout, out.left_behind), (Stream::Stderr, err.left_behind)];
    keep_forwarding(left_behind, withheld);
    let lost = worst([lost, out.lost, err.lost].into_iter().flatten());
    Outcome { exit, recording, withheld, lost }
}
