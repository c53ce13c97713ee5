//! The loop of a run: signals, keys, output and the end of the command, as they come.

use super::job_control::JobControl;
use super::running::{RunningCommand, pass_keys_on};
use crate::exit::Exit;
use crate::progress::SPINNER_INTERVAL;
use crate::runner::error::{SpawnError, Unrecorded};
use crate::runner::outcome::CommandEnd;
use crate::runner::output::PumpEnd;
use crate::runner::signals::Signals;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::sync::watch::Sender;
use tokio::time::{Instant as TokioInstant, interval_at, sleep};

/// How long the terminal of a command may take to show the key that stopped it.
const ECHO_GRACE: Duration = Duration::from_millis(5);

/// How long a reader may take for the last output of a command that a signal ended.
const LAST_OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// How a run came to its end.
pub(super) struct RunEnd {
    pub(super) end: CommandEnd,
    /// How the pumps of standard output and standard error ended.
    pub(super) pumped: (PumpEnd, PumpEnd),
    /// Whether a signal may have changed what the command did.
    pub(super) is_disturbed: bool,
}

/// Passes signals and keys on until the command has ended and its output is forwarded.
///
/// # Errors
/// When cachex cannot find out whether the command has ended.
pub(super) async fn until_the_end(
    run: &mut RunningCommand<'_>,
    signals: &mut Signals,
    mut pumps: Pin<&mut impl Future<Output = (PumpEnd, PumpEnd)>>,
    has_ended: &Sender<Option<TokioInstant>>,
    started: Instant,
) -> Result<RunEnd, SpawnError> {
    let mut tick = interval_at(TokioInstant::now() + SPINNER_INTERVAL, SPINNER_INTERVAL);
    let mut job_control = JobControl::default();
    let (mut stopped, mut end, mut pumped) = (None, None::<CommandEnd>, None);
    loop {
        let gives_up_on_readers = end.is_some_and(|end| job_control.gives_up_on_readers(end.exit));
        tokio::select! {
            // A signal that came before the end was for the command.
            biased;
            arrival = signals.next() => match end {
                Some(_) => job_control.handle_after_the_end(arrival),
                None => job_control.handle(arrival, run),
            },
            status = run.process.wait(), if end.is_none() => {
                let status = status.map_err(SpawnError::OutOfSight)?;
                stopped = status.stopped_signal();
                if stopped.is_none() {
                    end = Some(CommandEnd::now(status.into(), started));
                    has_ended.send_replace(Some(TokioInstant::now()));
                }
            }
            () = sleep(ECHO_GRACE), if stopped.is_some() => if let Some(signal) = stopped.take() {
                job_control.stop(signal, run);
            },
            ends = &mut pumps, if pumped.is_none() => {
                run.pty = None;
                pumped = Some(ends);
            }
            () = pass_keys_on(&mut run.keys, run.pty.as_ref(), run.shared) => {}
            () = sleep(LAST_OUTPUT_GRACE), if gives_up_on_readers => {
                run.shared.give_up_storing(Unrecorded::OutputLost);
                pumped = Some((PumpEnd::Abandoned, PumpEnd::Abandoned));
                if let (Some(signal), Some(end)) = (job_control.ended_by, &mut end) {
                    end.exit = Exit::Signal(signal);
                }
            }
            _ = tick.tick(), if end.is_none() => run.show_progress(),
        }
        if let Some(end) = end
            && let Some(pumped) = pumped.take()
        {
            return Ok(RunEnd { end, pumped, is_disturbed: job_control.disturbed });
        }
    }
}
