//! The outcome of a run.

use crate::entry::Condition;
use crate::exit::Exit;
use crate::inputs::Ledger;
use crate::recording::Recording;
use crate::runner::error::Unrecorded;
use crate::runner::output::{PumpEnd, SharedState, keep_forwarding, worst};
use crate::terminal::Stream;
use crate::time::Timestamp;
use crate::tracer::TraceFault;
use std::io;
use std::time::{Duration, Instant};

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub exit: Exit,
    /// The recording and the condition that it holds for, or why there is none to replay.
    pub recording: Result<(Recording, Condition), Unrecorded>,
    /// Whether the output was withheld, because the job asked for that after such an exit.
    pub withheld: bool,
    /// The files that the command asked for and changed, if it was to be traced, or the reason why they are not known.
    pub traced: Option<Result<Ledger, TraceFault>>,
    /// Why our own streams did not take all of the output.
    pub lost: Option<io::Error>,
}

/// The end of the command. Its output may not be through yet.
#[derive(Clone, Copy)]
pub(super) struct CommandEnd {
    pub(super) exit: Exit,
    ended: Timestamp,
    elapsed: Duration,
}

impl CommandEnd {
    pub(super) fn now(exit: Exit, started: Instant) -> Self {
        Self { exit, ended: Timestamp::now(), elapsed: started.elapsed() }
    }
}

/// The outcome of a run that has ended. It has a recording only if the result may be stored.
pub(super) fn conclude(
    end: CommandEnd,
    (out, err): (PumpEnd, PumpEnd),
    condition: Result<Condition, Unrecorded>,
    shared: &SharedState<'_>,
    traced: Option<Result<Ledger, TraceFault>>,
    withheld: bool,
) -> Outcome {
    let CommandEnd { exit, ended, elapsed } = end;
    let record =
        || Ok((Recording { body: shared.tape.take().finish()?, exit, ended, elapsed }, condition?));
    let recording = record();
    let ((out, out_lost), (err, err_lost)) = (out.split(), err.split());
    keep_forwarding([(Stream::Stdout, out), (Stream::Stderr, err)], withheld);
    let lost = worst([shared.lost.take(), out_lost, err_lost].into_iter().flatten());
    Outcome { exit, recording, withheld, traced, lost }
}
