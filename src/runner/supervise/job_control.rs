//! The effects of signals to cachex, and of stops of the command, on both.

#[cfg(target_os = "linux")]
use super::lookout::Lookout;
use super::running::RunningCommand;
use crate::exit::Exit;
use crate::inherited::is_ignored_by_caller;
use crate::runner::error::Unrecorded;
use crate::runner::signals::{self, Arrival, Origin};

/// The effects of signals on a run so far.
#[derive(Default)]
pub(super) struct JobControl {
    /// Whether a signal may have changed what the command did.
    pub(super) disturbed: bool,
    /// The signals passed on to the command that end a process which does not catch them.
    deadly: Vec<i32>,
    /// The signal that came for cachex after the command had ended.
    pub(super) ended_by: Option<i32>,
    /// Whether the next SIGCONT has been passed on already.
    resumed: bool,
}

impl JobControl {
    /// Handles a signal that came while the command runs.
    pub(super) fn handle(&mut self, arrival: Arrival, run: &mut RunningCommand<'_>) {
        if let Some(signal) = arrival.disturbs() {
            self.disturbed = true;
            run.shared.give_up_storing(Unrecorded::Disturbed(signal));
        }
        if arrival.ends_by_default() {
            self.deadly.push(arrival.signal);
        }
        if let Some(spinner) = &mut *run.shared.spinner.borrow_mut() {
            spinner.hide();
        }
        if arrival.continues() {
            run.keys.as_ref().inspect(|keys| keys.make_raw());
            if std::mem::take(&mut self.resumed) {
                return;
            }
        }
        run.pass_on(arrival);
        if arrival.origin == Origin::Child
            && let Some(signal) = run.process.was_stopped()
        {
            self.stop(signal, run);
        }
    }

    /// Handles a signal that came after the end of the command. It is for cachex, which then only waits for a reader.
    pub(super) fn handle_after_the_end(&mut self, arrival: Arrival) {
        if arrival.ends_by_default() && !is_ignored_by_caller(arrival.signal) {
            self.ended_by.get_or_insert(arrival.signal);
        }
    }

    /// Whether cachex ends without waiting for the readers of its output: the command died of a signal that cachex
    /// passed on, or a signal came after its end. After a signal that the command survived, cachex waits for readers as
    /// usual.
    pub(super) fn gives_up_on_readers(&self, exit: Exit) -> bool {
        let died_of_it = |signal| matches!(exit, Exit::Signal(of) if of == signal);
        self.ended_by.is_some() || self.deadly.iter().any(|signal| died_of_it(*signal))
    }

    /// Stops cachex as the command was stopped, and continues the command when cachex is continued.
    pub(super) fn stop(&mut self, signal: i32, run: &mut RunningCommand<'_>) {
        (run.shared.held_up)();
        run.keys.as_ref().inspect(|keys| keys.put_back());
        // A key pressed on the command's own terminal has not stopped the other members of our group.
        let whole_group = run.keys.is_some() && signal == libc::SIGTSTP;
        #[cfg(target_os = "linux")]
        let lookout = run.process.id().and_then(Lookout::begin);
        self.resumed = signals::stop(signal, whole_group);
        #[cfg(target_os = "linux")]
        drop(lookout);
        run.keys.as_ref().inspect(|keys| keys.make_raw());
        if let Some(questions) = &mut run.questions {
            questions.forget();
        }
        run.resume();
    }
}
