//! What signals to cachex, and stops of the command, mean for both.

use super::Unrecorded;
use super::child::Child;
use super::keys::Keys;
use super::pty::Pty;
use super::shared::Shared;
use super::signals::{self, Arrival};
use super::terminal_mode::TerminalMode;

/// What has become of a run by signals so far.
#[derive(Default)]
pub(super) struct JobControl {
    /// Whether a signal may have changed what the command did.
    pub(super) disturbed: bool,
    /// Whether the command was told to end.
    pub(super) killed: bool,
    /// Whether the continuation that arrives next has been passed on.
    resumed: bool,
}

/// All that a stop concerns.
pub(super) struct Run<'r> {
    pub(super) child: &'r Child,
    pub(super) pty: Option<&'r Pty>,
    pub(super) shared: &'r Shared<'r>,
    pub(super) keys: Option<&'r Keys>,
    pub(super) mode: &'r mut Option<TerminalMode>,
}

impl JobControl {
    /// A signal has arrived.
    pub(super) fn hear(&mut self, arrival: Arrival, run: &mut Run<'_>) {
        if let Some(signal) = arrival.disturbs() {
            self.disturbed = true;
            run.shared.give_up_storing(Unrecorded::Disturbed(signal));
        }
        self.killed |= arrival.kills();
        if let Some(spinner) = &mut *run.shared.spinner.borrow_mut() {
            spinner.hide();
        }
        if arrival.continues() {
            run.keys.inspect(|keys| keys.resume());
            if std::mem::take(&mut self.resumed) {
                return;
            }
        }
        run.child.pass_on(arrival, run.pty);
        if arrival.is_about_child()
            && let Some(signal) = run.child.was_stopped()
        {
            self.stop(signal, run);
        }
    }

    /// Stops cachex as the command was stopped, and has the command go on with it.
    pub(super) fn stop(&mut self, signal: i32, run: &mut Run<'_>) {
        (run.shared.held_up)();
        run.keys.inspect(|keys| keys.put_back());
        // The keys of the command's own terminal have reached nobody else yet.
        let everybody = run.keys.is_some() && signal == libc::SIGTSTP;
        self.resumed = run.child.watched(|| signals::stop(signal, everybody));
        run.keys.inspect(|keys| keys.resume());
        if let Some(mode) = &mut *run.mode {
            mode.forget();
        }
        run.child.resume(run.pty);
    }
}
