//! The inputs of a command that are watched while it runs, beside standard input: the regular files that it inherits, and
//! all that it asks for if it is traced.

use crate::entry::Condition;
use crate::inputs::{Doubt, Ledger};
use crate::runner::error::Unrecorded;
use crate::runner::inherited_files::InheritedFiles;
use crate::runner::input::RunningInput;
use crate::runner::job::Job;
use crate::stdin::Stdin;
use crate::tracer::{Trace, TraceEnd, TraceFault};
use std::os::fd::RawFd;

/// The number of standard input.
const STDIN: RawFd = 0;

/// What is watched.
pub(super) struct WatchedInputs {
    /// `None` if nothing is to be stored.
    inherited: Option<InheritedFiles>,
    trace: Option<Result<Trace, TraceFault>>,
}

impl WatchedInputs {
    /// The files that the command will inherit, as they are now.
    pub(super) fn now(job: &Job<'_>) -> Self {
        // A trace watches each descriptor of a file by itself.
        let is_watched = matches!(job.stdin, Stdin::File(_)) && job.trace.is_none();
        let inherited = job.recorder.is_some().then(|| InheritedFiles::now(is_watched));
        Self { inherited, trace: None }
    }

    /// Prepares to trace the command, if it is to be traced.
    pub(super) fn prepare_trace(&mut self, job: &mut Job<'_>, has_stdin: bool) {
        self.trace = job.trace.take().map(|ledger| {
            let files = self.inherited.iter().flat_map(InheritedFiles::numbers);
            let watched = has_stdin.then_some(STDIN).into_iter().chain(files).collect();
            Trace::prepare(ledger, job.program, watched)
        });
    }

    /// The trace, if the command is traced.
    pub(super) fn trace(&mut self) -> Option<&mut Trace> {
        self.trace.as_mut()?.as_mut().ok()
    }

    /// Ends the watch after the command has ended. The condition for its result, and what it did if it was to be traced.
    pub(super) fn end(
        self,
        input: RunningInput,
    ) -> (Result<Condition, Unrecorded>, Option<Result<Ledger, TraceFault>>) {
        let Self { mut inherited, trace } = self;
        let mut is_untouched = false;
        let traced = trace.map(|trace| {
            let TraceEnd { mut ledger, unused } = trace?.end()?;
            is_untouched = unused.contains(&STDIN);
            if let Some(files) = &mut inherited {
                files.forget(&unused);
                if files.are_readable() {
                    ledger.doubt(Doubt::Untraceable("a file that it inherited open"));
                }
            }
            Ok(ledger)
        });
        let condition = input.end();
        let condition = if is_untouched { Ok(Condition::StdinUntouched) } else { condition };
        let unused = inherited.map_or(Ok(()), InheritedFiles::end);
        (condition.and_then(|condition| unused.map(|()| condition)), traced)
    }
}
