//! The story of a run.

use super::connections::Connections;
use super::event_loop::{RunEnd, until_the_end};
use super::running::RunningCommand;
use crate::entry::Condition;
use crate::exit::Exit;
use crate::inputs::Doubt;
use crate::process_group::signal_own_group;
use crate::runner::error::{SpawnError, Unrecorded};
use crate::runner::inherited_files::InheritedFiles;
use crate::runner::input::RunningInput;
use crate::runner::job::Job;
use crate::runner::launch::{Launch, Process};
use crate::runner::outcome::{Outcome, conclude};
use crate::runner::output::{Pump, PumpEnd, SharedState, Tape};
use crate::runner::signals::{Receiver, Signals};
use crate::runner::terminal::Keys;
use crate::stdin::Stdin;
use crate::terminal::Stream;
use crate::tracer::Trace;
use std::os::fd::RawFd;
use std::pin::pin;
use std::time::Instant;
use tokio::sync::watch;

/// The number of standard input.
const STDIN: RawFd = 0;

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started. Missing resources are noticed before the command begins. Input that was read before is
/// still in the job then.
pub fn run(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SpawnError::Unavailable)?;
    runtime.block_on(run_within_runtime(job))
}

async fn run_within_runtime(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let mut signals = Signals::install(Receiver::Command).map_err(SpawnError::Unavailable)?;
    let started = Instant::now();
    let is_stored = job.recorder.is_some();
    // A trace watches each descriptor of a file by itself.
    let is_watched = matches!(job.stdin, Stdin::File(_)) && job.trace.is_none();
    let mut inherited = is_stored.then(|| InheritedFiles::now(is_watched));
    let Connections { mut keys, questions, pty, outputs, mut standard } =
        Connections::make(job).map_err(SpawnError::Unavailable)?;
    let tape = Tape::new(job.recorder.take(), job.withhold.is_some());
    let shared = SharedState::new(tape, job.spinner.take(), job.held_up, job.unstorable);
    let (has_ended, watch_end) = watch::channel(None);
    let [out, err] = outputs;
    let out = out.map(|from| Pump::new(Stream::Stdout, from, &shared, watch_end.clone()));
    let err = err.map(|from| Pump::new(Stream::Stderr, from, &shared, watch_end));
    let (out, err) = (out.transpose()?, err.transpose()?);
    let out = if pty.is_some() { out.map(Pump::of_terminal) } else { out };
    let pumps = pin!(async { tokio::join!(pump_if_any(out), pump_if_any(err)) });
    // Nothing has been taken from our input so far, and nothing that the command needs can fail once it runs.
    let is_closed = matches!(job.stdin, Stdin::Closed);
    let (stdin, input) = RunningInput::prepare(&mut job.stdin).map_err(SpawnError::Unavailable)?;
    if matches!(input, RunningInput::Unknown) && job.trace.is_none() {
        shared.give_up_storing(Unrecorded::StdinUnknown);
    }
    // Keys that are pressed from now on are for the command.
    keys.as_ref().inspect(|keys| keys.make_raw());
    if let Some(stdin) = stdin {
        standard[0] = stdin;
    }
    let mut trace = job.trace.take().map(|ledger| {
        let files = inherited.iter().flat_map(InheritedFiles::numbers);
        let watched = (!is_closed).then_some(STDIN).into_iter().chain(files).collect();
        Trace::prepare(ledger, job.program, watched)
    });
    let launch = Launch {
        program: job.program,
        words: job.words,
        environment: job.environment.take(),
        standard,
        trace: trace.as_mut().and_then(|trace| trace.as_mut().ok()),
        leads_a_session: pty.is_some(),
    };
    let process = Process::start(launch, &signals)?;
    signals.begin();
    if let Some(Ok(trace)) = &mut trace {
        trace.guard();
    }
    input.start(&mut job.stdin);
    keys.as_mut().map(Keys::take_typeahead);
    let mut run = RunningCommand { process, pty, keys, questions, shared: &shared };
    let ended = until_the_end(&mut run, &mut signals, pumps, &has_ended, started).await?;
    let mut traced = trace.map(|trace| trace.and_then(Trace::end));
    let unused = match &mut traced {
        Some(Ok(traced)) => std::mem::take(&mut traced.unused),
        _ => Vec::new(),
    };
    if let Some(files) = &mut inherited {
        files.forget(&unused);
    }
    let traced = traced.map(|traced| {
        let mut ledger = traced?.ledger;
        if inherited.as_ref().is_some_and(InheritedFiles::are_readable) {
            ledger.doubt(Doubt::Untraceable("a file that it inherited open"));
        }
        Ok(ledger)
    });
    run.give_way_to_question();
    shared.spinner.take();
    let had_keys = run.keys.is_some_and(|keys| keys.pressed);
    let is_untouched = unused.contains(&STDIN);
    let condition = input.end();
    let condition = if is_untouched { Ok(Condition::StdinUntouched) } else { condition };
    let condition = condition.and_then(|condition| {
        inherited.map_or(Ok(()), InheritedFiles::end)?;
        Ok(condition)
    });
    let RunEnd { end, pumped, is_disturbed } = ended;
    if let (Exit::Signal(signal @ (libc::SIGINT | libc::SIGQUIT)), true) = (end.exit, had_keys) {
        // Without the terminal of the command, this key would also have reached a shell loop that waits for cachex.
        signal_own_group(signal);
    }
    signals.end();
    // Output that was not taken, or that a signal cut short, is no failure of the command.
    let failed_by_itself = !is_disturbed && !pumped.0.is_lost() && !pumped.1.is_lost();
    let withhold = job.withhold.filter(|_| failed_by_itself);
    let is_unwanted = || withhold.is_some_and(|is_unwanted| is_unwanted(end.exit));
    let stays_hidden = shared.tape.borrow().held && is_unwanted();
    if !stays_hidden {
        shared.show_held().await;
    }
    Ok(conclude(end, pumped, condition, &shared, traced, stays_hidden))
}

async fn pump_if_any(pump: Option<Pump<'_>>) -> PumpEnd {
    match pump {
        Some(pump) => pump.run().await,
        None => PumpEnd::Whole,
    }
}
