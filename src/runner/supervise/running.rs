//! A running command, and everything that cachex has open for it.

use crate::runner::error::Unrecorded;
use crate::runner::launch::Process;
use crate::runner::output::SharedState;
#[cfg(target_os = "linux")]
use crate::runner::terminal::exists_other_reader;
use crate::runner::terminal::{Keys, Pty, Question, QuestionWatch};

/// A command that runs.
pub(super) struct RunningCommand<'r> {
    pub(super) process: Process,
    /// Its terminal, if it has one of its own.
    pub(super) pty: Option<Pty>,
    /// The keys that are pressed on our terminal, if they go to the command's.
    pub(super) keys: Option<Keys>,
    /// Our terminal, as long as it is watched for questions.
    pub(super) questions: Option<QuestionWatch>,
    pub(super) shared: &'r SharedState<'r>,
}

impl RunningCommand<'_> {
    pub(super) fn show_progress(&mut self) {
        self.give_way_to_question();
        if let Some(spinner) = &mut *self.shared.spinner.borrow_mut() {
            spinner.tick();
        }
    }

    /// Leaves the terminal to a command that asks something, for the rest of the run.
    pub(super) fn give_way_to_question(&mut self) {
        let Some(question) = self.questions.as_mut().and_then(QuestionWatch::question) else {
            return;
        };
        self.questions = None;
        if let Some(spinner) = &mut *self.shared.spinner.borrow_mut() {
            spinner.withdraw();
        }
        // It may be a pager that reads our output.
        #[cfg(target_os = "linux")]
        let may_be_of_another = exists_other_reader(self.process.id());
        #[cfg(not(target_os = "linux"))]
        let may_be_of_another = false;
        if !may_be_of_another {
            self.shared.give_up_storing(match question {
                Question::Mode => Unrecorded::Asked,
                #[cfg(target_os = "linux")]
                Question::Read => Unrecorded::TerminalRead,
            });
        }
    }
}

/// Passes on the keys that are pressed next. If no keys are passed on, it never returns.
pub(super) async fn pass_keys_on(
    source: &mut Option<Keys>,
    pty: Option<&Pty>,
    shared: &SharedState<'_>,
) {
    let (Some(keys), Some(pty)) = (&mut *source, pty) else {
        return std::future::pending().await;
    };
    let passed_on = keys.pass_on(pty).await;
    if keys.pressed {
        shared.give_up_storing(Unrecorded::StdinPart);
    }
    if passed_on.is_err() {
        *source = None;
    }
}
