//! The outcome of a run.

use crate::entry::Condition;
use crate::exit::Exit;
use crate::recording::Recording;
use crate::runner::error::Unrecorded;
use crate::runner::output::{PumpEnd, SharedState, Tape, keep_forwarding, worst};
use crate::terminal::Stream;
use crate::time::Timestamp;
use std::io;
use std::time::{Duration, Instant};

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub exit: Exit,
    /// The recording and the condition that it holds for, or why there is none to replay.
    pub recording: Result<(Recording, Condition), Unrecorded>,
    /// Whether the output was withheld, as the job asked for after such an exit.
    pub withheld: bool,
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

/// What became of output that was held back.
pub(super) struct HeldOutput {
    withheld: bool,
    lost: Option<io::Error>,
}

/// Shows what is still held back, unless it is unwanted.
pub(super) async fn show_held(
    shared: &SharedState<'_>,
    is_unwanted: impl FnOnce() -> bool,
) -> HeldOutput {
    let withheld = shared.tape.borrow().is_held() && is_unwanted();
    let fault = if withheld { None } else { shared.show_held().await.err() };
    HeldOutput { withheld, lost: worst(fault.into_iter().chain(shared.lost.take())) }
}

/// The outcome of a run that has ended. It has a recording only if the result may be stored.
pub(super) fn conclude(
    end: CommandEnd,
    (out, err): (PumpEnd, PumpEnd),
    condition: Result<Condition, Unrecorded>,
    tape: Tape,
    HeldOutput { withheld, lost }: HeldOutput,
) -> Outcome {
    let CommandEnd { exit, ended, elapsed } = end;
    let record = || Ok((Recording { body: tape.finish()?, exit, ended, elapsed }, condition?));
    let recording = record();
    let ((out, out_lost), (err, err_lost)) = (out.split(), err.split());
    keep_forwarding([(Stream::Stdout, out), (Stream::Stderr, err)], withheld);
    let lost = worst([lost, out_lost, err_lost].into_iter().flatten());
    Outcome { exit, recording, withheld, lost }
}
