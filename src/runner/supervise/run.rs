//! The story of a run.

use super::connections::Connections;
use super::event_loop::{RunEnd, until_the_end};
use super::running::RunningCommand;
use super::watched_inputs::WatchedInputs;
use crate::exit::Exit;
use crate::process_group::signal_own_group;
use crate::runner::error::{SpawnError, Unrecorded};
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
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Instant;
use tokio::sync::watch;
use tokio::time::Instant as TokioInstant;

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
    let mut watched = WatchedInputs::now(job);
    let Connections { mut keys, questions, pty, outputs, mut standard } =
        Connections::make(job).map_err(SpawnError::Unavailable)?;
    let tape = Tape::new(job.recorder.take(), job.withhold.is_some());
    let shared = SharedState::new(tape, job.spinner.take(), job.held_up, job.unstorable);
    let (has_ended, watch_end) = watch::channel(None);
    let pumps = pin!(pumps(outputs, pty.is_some(), &shared, &watch_end)?);
    // Nothing has been taken from our input so far, and nothing that the command needs can fail once it runs.
    let has_stdin = !matches!(job.stdin, Stdin::Closed);
    let (stdin, input) = RunningInput::prepare(&mut job.stdin).map_err(SpawnError::Unavailable)?;
    if matches!(input, RunningInput::Unknown) && job.trace.is_none() {
        shared.give_up_storing(Unrecorded::StdinUnknown);
    }
    // Keys that are pressed from now on are for the command.
    keys.as_ref().inspect(|keys| keys.make_raw());
    if let Some(stdin) = stdin {
        standard[0] = stdin;
    }
    watched.prepare_trace(job, has_stdin);
    let launch = Launch {
        program: job.program,
        words: job.words,
        environment: job.environment.take(),
        standard,
        trace: watched.trace(),
        leads_a_session: pty.is_some(),
    };
    let process = Process::start(launch, &signals)?;
    signals.begin();
    watched.trace().map(Trace::guard);
    input.start(&mut job.stdin);
    keys.as_mut().map(Keys::take_typeahead);
    let mut run = RunningCommand { process, pty, keys, questions, shared: &shared };
    let ended = until_the_end(&mut run, &mut signals, pumps, &has_ended, started).await?;
    run.give_way_to_question();
    shared.spinner.take();
    let had_keys = run.keys.is_some_and(|keys| keys.pressed);
    let (condition, traced) = watched.end(input);
    let exit = ended.end.exit;
    if let (Exit::Signal(signal @ (libc::SIGINT | libc::SIGQUIT)), true) = (exit, had_keys) {
        // Without the terminal of the command, this key would also have reached a shell loop that waits for cachex.
        signal_own_group(signal);
    }
    signals.end();
    let withheld = shared.tape.borrow().held && is_unwanted(job, &ended);
    if !withheld {
        shared.show_held().await;
    }
    Ok(conclude(ended.end, ended.pumped, condition, &shared, traced, withheld))
}

/// Whether output that is held back is not to be shown. Output that was not taken, or that a signal cut short, is no
/// failure of the command.
fn is_unwanted(job: &Job<'_>, RunEnd { end, pumped, is_disturbed }: &RunEnd) -> bool {
    let failed_by_itself = !is_disturbed && !pumped.0.is_lost() && !pumped.1.is_lost();
    failed_by_itself && job.withhold.is_some_and(|is_unwanted| is_unwanted(end.exit))
}

/// Forwards what comes through these pipes, the first of which may be that of a terminal.
fn pumps<'s>(
    [out, err]: [Option<OwnedFd>; 2],
    is_terminal: bool,
    shared: &'s SharedState<'s>,
    ended: &watch::Receiver<Option<TokioInstant>>,
) -> Result<impl Future<Output = (PumpEnd, PumpEnd)> + use<'s>, SpawnError> {
    let pump = |to, from: Option<OwnedFd>| {
        from.map(|from| Pump::new(to, from, shared, ended.clone())).transpose()
    };
    let (out, err) = (pump(Stream::Stdout, out)?, pump(Stream::Stderr, err)?);
    let out = if is_terminal { out.map(Pump::of_terminal) } else { out };
    Ok(async { tokio::join!(pump_if_any(out), pump_if_any(err)) })
}

async fn pump_if_any(pump: Option<Pump<'_>>) -> PumpEnd {
    match pump {
        Some(pump) => pump.run().await,
        None => PumpEnd::Whole,
    }
}
