//! What signals to cachex, and stops of the command, mean for both.

use super::event_loop::Run;
use crate::exit::Exit;
use crate::inherited;
use crate::runner::error::Unrecorded;
use crate::runner::signals::{self, Arrival};

/// What has become of a run by signals so far.
#[derive(Default)]
pub(super) struct JobControl {
    /// Whether a signal may have changed what the command did.
    pub(super) disturbed: bool,
    /// The signals that end a process which does not catch them, of those that went on to the command.
    deadly: Vec<i32>,
    /// The signal that came for cachex when there was no command any more.
    pub(super) ended_by: Option<i32>,
    /// Whether the continuation that arrives next has been passed on.
    resumed: bool,
}

impl JobControl {
    /// A signal has arrived.
    pub(super) fn hear(&mut self, arrival: Arrival, run: &mut Run<'_>) {
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
            run.keys.as_ref().inspect(|keys| keys.resume());
            if std::mem::take(&mut self.resumed) {
                return;
            }
        }
        run.child.pass_on(arrival, run.pty.as_ref());
        if arrival.is_about_child()
            && let Some(signal) = run.child.was_stopped()
        {
            self.stop(signal, run);
        }
    }

    /// A signal has arrived after the end of the command: it is for cachex, which only waits for a reader.
    pub(super) fn hear_after_the_end(&mut self, arrival: Arrival) {
        if arrival.ends_by_default() && !is_ignored_by_caller(arrival.signal) {
            self.ended_by.get_or_insert(arrival.signal);
        }
    }

    /// Whether no reader may keep cachex any longer: the command died of a signal that came through cachex, or one
    /// came after its end. A command that survived a signal and ended later is waited for as any other.
    pub(super) fn is_to_end(&self, exit: Exit) -> bool {
        let died_of_it = |signal| matches!(exit, Exit::Signal(of) if of == signal);
        self.ended_by.is_some() || self.deadly.iter().any(|signal| died_of_it(*signal))
    }

    /// Stops cachex as the command was stopped, and has the command go on with it.
    pub(super) fn stop(&mut self, signal: i32, run: &mut Run<'_>) {
        (run.shared.held_up)();
        run.keys.as_ref().inspect(|keys| keys.put_back());
        // The keys of the command's own terminal have reached nobody else yet.
        let everybody = run.keys.is_some() && signal == libc::SIGTSTP;
        self.resumed = run.child.watched(|| signals::stop(signal, everybody));
        run.keys.as_ref().inspect(|keys| keys.resume());
        if let Some(mode) = &mut run.mode {
            mode.forget();
        }
        run.child.resume(run.pty.as_ref());
    }
}

fn is_ignored_by_caller(signal: i32) -> bool {
    let bit = u32::try_from(signal - 1).ok().and_then(|bit| 1_u64.checked_shl(bit));
    bit.is_some_and(|bit| inherited::ignored_signals() & bit != 0)
}
