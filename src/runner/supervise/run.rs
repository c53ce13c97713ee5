//! A run from its start to its end.

use super::child::Child;
use super::connections::{Connected, Sources, connect};
use super::event_loop::{Ended, Run};
use crate::exit::Exit;
use crate::output_streams::OutputStreams;
use crate::runner::error::{SpawnError, Unrecorded};
use crate::runner::inherited_files::InheritedFiles;
use crate::runner::input::{Input, Running};
use crate::runner::job::Job;
use crate::runner::launch::Standard;
use crate::runner::outcome::{Outcome, conclude, show_held};
use crate::runner::output::{Pump, PumpEnd, Shared, Tape};
use crate::runner::signals::{self, Receiver, Signals};
use crate::runner::terminal::{Keys, TerminalMode, are_keys_there};
use crate::terminal::Stream;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Instant;
use tokio::sync::watch;
use tokio::time::Instant as TokioInstant;

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started. What it lacked then was missed before it began, and if nothing was taken from its
/// input, that is still in the job.
pub fn run(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SpawnError::Other)?;
    runtime.block_on(supervise(job))
}

async fn supervise(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let mut signals = Signals::install(Receiver::Command).map_err(SpawnError::Other)?;
    let started = Instant::now();
    let passed_on = || InheritedFiles::now(matches!(job.input, Input::File(_)));
    let inherited = job.recorder.is_some().then(passed_on);
    let Ends { mut keys, mode, mut sources, theirs } =
        Ends::make(job).map_err(SpawnError::Other)?;
    let tape = Tape::new(job.recorder.take(), job.withhold.is_some());
    let shared = Shared::new(tape, job.spinner.take(), job.held_up, job.unstorable);
    let (has_ended, watch_end) = watch::channel(None);
    let (out, err) = pumps(&mut sources, &shared, &watch_end)?;
    let pumps = pin!(async { tokio::join!(run_if_any(out), run_if_any(err)) });
    // All that the command needs is there: nothing was taken from our input so far, and nothing fails once it runs.
    let (stdin, input) = job.input.prepare().map_err(SpawnError::Other)?;
    if matches!(input, Running::Unknown) {
        shared.give_up_storing(Unrecorded::StdinUnknown);
    }
    // What is pressed from now on is for the command.
    keys.as_ref().inspect(|keys| keys.resume());
    let stdin = stdin.or(theirs.empty).unwrap_or(Standard::Closed);
    let child = Child::start(job, [stdin, theirs.stdout, theirs.stderr], &signals)?;
    signals.begin();
    input.start(&mut job.input);
    keys.as_mut().map(Keys::take_what_was_typed_ahead);
    let mut run = Run { child, pty: sources.pty, keys, mode, shared: &shared };
    let ended = run.supervise(&mut signals, pumps, &has_ended, started).await?;
    run.give_way_to_question();
    shared.spinner.take();
    let Ended { end, pumped, is_disturbed } = ended;
    let typed = run.keys.is_some_and(|keys| keys.were_pressed());
    let left_alone = || inherited.map_or(Ok(()), InheritedFiles::end);
    let condition = input.end().and_then(|condition| left_alone().map(|()| condition));
    if let (Exit::Signal(signal @ (libc::SIGINT | libc::SIGQUIT)), true) = (end.exit, typed) {
        // Those who wait for us, such as a loop of a shell, would have got that key from our own terminal.
        signals::tell_own_group(signal);
    }
    // There is no command any more to pass a signal on to.
    signals.end();
    // What nobody took, or a signal cut short, is no failure of the command.
    let is_its_own = !is_disturbed && !pumped.0.is_lost() && !pumped.1.is_lost();
    let withhold = job.withhold.filter(|_| is_its_own);
    let is_unwanted = || withhold.is_some_and(|is_unwanted| is_unwanted(end.exit));
    let shown = show_held(&shared, is_unwanted).await;
    let tape = shared.tape.replace(Tape::new(None, false));
    Ok(conclude(end, pumped, condition, tape, shown))
}

/// What a command and we have between us.
struct Ends {
    keys: Option<Keys>,
    mode: Option<TerminalMode>,
    sources: Sources,
    theirs: Connected,
}

impl Ends {
    /// Makes it for a command that does not run yet.
    fn make(job: &Job<'_>) -> io::Result<Self> {
        let has_terminal = matches!(job.outputs, OutputStreams::Terminal { .. });
        let is_stdin_empty = matches!(job.input, Input::Empty);
        // A terminal of its own is for the command to change.
        let mode = if has_terminal { None } else { TerminalMode::watch() };
        let wants_keys = has_terminal && is_stdin_empty && are_keys_there();
        let keys = wants_keys.then(Keys::open).transpose()?;
        let (sources, theirs) = connect(job.outputs, is_stdin_empty, keys.as_ref())?;
        Ok(Self { keys, mode, sources, theirs })
    }
}

/// What takes the output of a command that does not run yet.
fn pumps<'s>(
    sources: &mut Sources,
    shared: &'s Shared<'s>,
    watch_end: &watch::Receiver<Option<TokioInstant>>,
) -> Result<(Option<Pump<'s>>, Option<Pump<'s>>), SpawnError> {
    let pump = |to, from: Option<OwnedFd>| {
        from.map(|from| Pump::new(to, from, shared, watch_end.clone())).transpose()
    };
    let out = pump(Stream::Stdout, sources.stdout.take())?;
    let err = pump(Stream::Stderr, sources.stderr.take())?;
    Ok((if sources.pty.is_some() { out.map(Pump::of_terminal) } else { out }, err))
}

async fn run_if_any(pump: Option<Pump<'_>>) -> PumpEnd {
    match pump {
        Some(pump) => pump.run().await,
        None => PumpEnd::Whole,
    }
}
