//! A command that runs, until it has ended and its output is through.

use super::child::Child;
use super::job_control::JobControl;
use crate::exit::Exit;
use crate::progress::TICK;
use crate::runner::error::{SpawnError, Unrecorded};
use crate::runner::launch::Change;
use crate::runner::outcome::End;
use crate::runner::output::{PumpEnd, Shared};
use crate::runner::signals::Signals;
use crate::runner::terminal::{Keys, Pty, Question, TerminalMode};
use std::io;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::sync::watch::Sender;
use tokio::time::{Instant as TokioInstant, interval_at, sleep};

/// How long what the terminal of a command shows of the key that stopped it may take.
const LAST_ECHO: Duration = Duration::from_millis(5);

/// How long the output of a command that was told to end may take.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A command that runs, and all that it has of ours.
pub(super) struct Run<'r> {
    pub(super) child: Child,
    /// Its terminal, if it has one of its own.
    pub(super) pty: Option<Pty>,
    /// The keys of our terminal, if they go to that one.
    pub(super) keys: Option<Keys>,
    /// The mode of our terminal, as long as that is looked at.
    pub(super) mode: Option<TerminalMode>,
    pub(super) shared: &'r Shared<'r>,
}

/// How a run came to its end.
pub(super) struct Ended {
    pub(super) end: End,
    /// What became of standard output and standard error.
    pub(super) pumped: (PumpEnd, PumpEnd),
    /// Whether a signal may have changed what the command did.
    pub(super) is_disturbed: bool,
}

impl Run<'_> {
    /// Passes signals and keys on until the command has ended and its output is through.
    ///
    /// # Errors
    /// When it cannot be told whether the command has ended.
    pub(super) async fn supervise(
        &mut self,
        signals: &mut Signals,
        mut pumps: Pin<&mut impl Future<Output = (PumpEnd, PumpEnd)>>,
        has_ended: &Sender<Option<TokioInstant>>,
        started: Instant,
    ) -> Result<Ended, SpawnError> {
        let mut tick = interval_at(TokioInstant::now() + TICK, TICK);
        let mut job_control = JobControl::default();
        let (mut stopped, mut end, mut pumped) = (None, None::<End>, None);
        loop {
            let is_to_end = end.is_some_and(|end| job_control.is_to_end(end.exit));
            tokio::select! {
                // What came before the end was for the command.
                biased;
                arrival = signals.next() => match end {
                    Some(_) => job_control.hear_after_the_end(arrival),
                    None => job_control.hear(arrival, self),
                },
                change = self.child.wait(), if end.is_none() => {
                    match change.map_err(SpawnError::OutOfSight)? {
                        Change::Stopped(signal) => stopped = Some(signal),
                        Change::Ended(exit) => {
                            end = Some(End::now(exit, started));
                            has_ended.send_replace(Some(TokioInstant::now()));
                        }
                    }
                }
                () = sleep(LAST_ECHO), if stopped.is_some() => if let Some(signal) = stopped.take() {
                    job_control.stop(signal, self);
                },
                ends = &mut pumps, if pumped.is_none() => {
                    self.pty = None;
                    pumped = Some(ends);
                }
                passed_on = pass_keys_on(self.keys.as_mut(), self.pty.as_ref()) => {
                    if self.keys.as_ref().is_some_and(Keys::were_pressed) {
                        self.shared.give_up_storing(Unrecorded::StdinPart);
                    }
                    self.keys = self.keys.take().filter(|_| passed_on.is_ok());
                }
                // Last words get a moment; a reader that has stalled does not keep what is to end.
                () = sleep(LAST_WORDS), if is_to_end => {
                    self.shared.give_up_storing(Unrecorded::OutputLost);
                    pumped = Some((PumpEnd::Abandoned, PumpEnd::Abandoned));
                    if let (Some(signal), Some(end)) = (job_control.ended_by, &mut end) {
                        end.exit = Exit::Signal(signal);
                    }
                }
                _ = tick.tick(), if end.is_none() => self.show_progress(),
            }
            if let (Some(end), true) = (end, pumped.is_some()) {
                let pumped = pumped.unwrap_or((PumpEnd::Abandoned, PumpEnd::Abandoned));
                return Ok(Ended { end, pumped, is_disturbed: job_control.disturbed });
            }
        }
    }

    fn show_progress(&mut self) {
        self.give_way_to_question();
        if let Some(spinner) = &mut *self.shared.spinner.borrow_mut() {
            spinner.tick();
        }
    }

    /// Leaves the terminal to a command that asks something, for good.
    pub(super) fn give_way_to_question(&mut self) {
        let Some(question) = self.mode.as_mut().and_then(TerminalMode::question) else { return };
        self.mode = None;
        if let Some(spinner) = &mut *self.shared.spinner.borrow_mut() {
            spinner.withdraw();
        }
        if !self.child.shares_the_terminal() {
            self.shared.give_up_storing(match question {
                Question::Mode => Unrecorded::Asked,
                #[cfg(target_os = "linux")]
                Question::Read => Unrecorded::TerminalRead,
            });
        }
    }
}

async fn pass_keys_on(keys: Option<&mut Keys>, pty: Option<&Pty>) -> io::Result<()> {
    match (keys, pty) {
        (Some(keys), Some(pty)) => keys.pass_on(pty).await,
        _ => std::future::pending().await,
    }
}
