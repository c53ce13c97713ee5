//! Running the command as if cachex were not there, and recording what it does.
//!
//! Synchronous outside; inside, one single-threaded runtime listens to both output pipes, to
//! signals and to the end of the command at once. It never touches the store, and does not know
//! what a result is kept for: it tells how the command ended, what it wrote and read, and whether
//! all of that was recorded.

mod background;
mod child;
mod descriptors;
mod detach;
mod feed;
mod give_back;
mod input;
mod job_control;
mod keys;
mod launch;
mod newlines;
#[cfg(target_os = "linux")]
mod offer;
mod passed_on;
mod pty;
mod pump;
mod ready;
mod room;
mod shared;
mod shared_file;
mod signal_mask;
mod signals;
#[cfg(target_os = "linux")]
mod stopped;
mod tape;
#[cfg(target_os = "linux")]
mod terminal_guests;
mod terminal_mode;
mod waiting;
mod writer;

pub use background::{Background, in_background};
pub use child::exec;
pub use give_back::give_back;
pub use input::Input;
pub use launch::SpawnError;
pub use room::have_room;
pub use signals::die_of;
pub use waiting::wait_until;

use crate::entry::Condition;
use crate::exit::Exit;
use crate::key::Key;
use crate::nesting;
use crate::outputs::Outputs;
use crate::progress::{Spinner, TICK};
use crate::recording::{Abandoned, Recorder, Recording};
use crate::terminal::Stream;
use crate::time::Timestamp;
use child::{Child, connect};
use input::Running;
use job_control::{JobControl, Run};
use keys::Keys;
use launch::Change;
use passed_on::PassedOn;
use pty::Pty;
use pump::{Pump, PumpEnd, worst};
use shared::Shared;
use signals::{Receiver, Signals};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};
use tape::Tape;
use terminal_mode::TerminalMode;
use tokio::sync::watch;
use tokio::time::{Instant as TokioInstant, interval_at, sleep};

/// A command to run.
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Job<'a> {
    /// The key that it fills.
    pub key: Key,
    /// The file to execute.
    pub program: &'a Path,
    /// The command line, the program's name as the user spelled it first.
    pub words: &'a [OsString],
    /// All that is in its environment; `None`: what is in ours.
    pub environment: Option<Environment>,
    /// What it reads from standard input.
    pub input: Input,
    /// What it writes to.
    pub outputs: Outputs,
    /// Takes the output down, if that is wanted.
    pub recorder: Option<Recorder>,
    /// Shown while the command is silent, if that is wanted.
    pub spinner: Option<Spinner>,
    /// Whether output is held back until the command has ended, and then not shown after such an
    /// end. There has to be a recorder.
    pub withhold: Option<&'a dyn Fn(Exit) -> bool>,
    /// Called, perhaps more than once, when nobody else should wait for this run: a reader of the output keeps us
    /// waiting, or we are to stop.
    pub held_up: &'a dyn Fn(),
    /// Called once, as soon as it is certain that nothing of this run will be stored.
    pub unstorable: &'a dyn Fn(),
}

/// Variables and their values.
pub type Environment = BTreeMap<OsString, OsString>;

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub exit: Exit,
    /// The recording and what it holds for, or why there is none that could be replayed.
    pub recording: Result<(Recording, Condition), Unrecorded>,
    /// Whether none of the output was shown, as asked for after such an end.
    pub withheld: bool,
    /// Why our own streams did not take all of the output.
    pub lost: Option<io::Error>,
}

/// Why a run leaves nothing to store.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// It was not asked for.
    #[error("not asked to store")]
    NotAsked,
    /// The recording could not be kept.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
    /// A signal may have changed what the command did.
    #[error("disturbed by signal {0}")]
    Disturbed(i32),
    /// The output had no reader, or could not be written.
    #[error("the output was not taken whole")]
    OutputLost,
    /// Of standard input the command took a part.
    #[error("it took a part of its standard input")]
    StdinPart,
    /// More came through a socket than can be looked at again without taking it.
    #[error("it read more from a socket than can be looked into")]
    StdinLong,
    /// The command wrote to the socket that is its standard input.
    #[error("it wrote to its standard input")]
    StdinWritten,
    /// The file that is standard input was changed.
    #[error("its standard input changed while it ran")]
    StdinChanged,
    /// A process that the command left behind may still read it.
    #[error("a process left behind still holds its standard input")]
    StdinHeld,
    /// The content of the file that is standard input is not known.
    #[error(
        "its standard input is a file that is too large to be read and has just changed, or that tells no size or date"
    )]
    StdinUntold,
    /// It cannot be told what the command read.
    #[error("it cannot be told whether it reads its standard input; -n and --stdin say so")]
    StdinUnknown,
    /// It may have asked a person something.
    #[error("the mode of the terminal was changed, as for a question")]
    Asked,
    /// The command may have read from or written to an inherited descriptor.
    #[error("descriptor {0} was read or written")]
    DescriptorUsed(i32),
    /// A process that the command left behind may still write.
    #[error("a process left behind still holds the output")]
    LeftBehind,
}

/// The end of the command, which is not yet that of its output.
#[derive(Clone, Copy)]
struct End {
    exit: Exit,
    ended: Timestamp,
    elapsed: Duration,
}

impl End {
    fn now(exit: Exit, started: Instant) -> Self {
        Self { exit, ended: Timestamp::now(), elapsed: started.elapsed() }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started. What it lacked then was missed before it began, and if nothing was taken from its
/// input, that is still in the job.
#[allow(unsafe_code)]
pub fn run(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    // SAFETY: cachex is a single thread until the runtime below has begun: those that looked at inputs were
    // waited for.
    unsafe { nesting::enter(job.key) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(SpawnError::Other)?;
    runtime.block_on(supervise(job))
}

/// How long what the terminal of a command shows of the key that stopped it may take.
const LAST_ECHO: Duration = Duration::from_millis(5);

/// How long the output of a command that was told to end may take.
const LAST_WORDS: Duration = Duration::from_millis(500);

async fn supervise(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let mut signals = Signals::install(Receiver::Command).map_err(SpawnError::Other)?;
    let started = Instant::now();
    if matches!(job.input, Input::Held(_)) {
        // What was read is passed on by a thread, which cannot give it back.
        room::try_to_start().map_err(SpawnError::Other)?;
    }
    let input = std::mem::replace(&mut job.input, Input::Empty);
    let records = job.recorder.is_some();
    let inherited = records.then(|| PassedOn::now(matches!(input, Input::File(_))));
    let (stdin, input) = input.begin().map_err(SpawnError::Other)?;
    let wants_keys =
        matches!(job.outputs, Outputs::Terminal { .. }) && stdin.is_none() && keys::are_there();
    // A terminal of its own is for the command to change.
    let is_on_ours = !matches!(job.outputs, Outputs::Terminal { .. });
    let mut mode = is_on_ours.then(TerminalMode::watch).flatten();
    // Before the command: what is pressed from now on is for it.
    let mut keys = if wants_keys { Some(Keys::take().map_err(SpawnError::Other)?) } else { None };
    let (mut sources, standard) =
        connect(stdin, job.outputs, keys.as_ref()).map_err(SpawnError::Other)?;
    let tape = Tape::new(job.recorder.take(), job.withhold.is_some());
    let shared = Shared::new(tape, job.spinner.take(), job.held_up, job.unstorable);
    if matches!(input, Running::Unknown) {
        shared.give_up_storing(Unrecorded::StdinUnknown);
    }
    let (has_ended, watch_end) = watch::channel(None);
    let pump = |to, from: Option<OwnedFd>| {
        from.map(|from| Pump::new(to, from, &shared, watch_end.clone())).transpose()
    };
    let (out, err) = (
        pump(Stream::Stdout, sources.stdout.take())?.map(|pump| match &sources.pty {
            Some(_) => pump.of_terminal(),
            None => pump,
        }),
        pump(Stream::Stderr, sources.stderr.take())?,
    );
    let pumps = async { tokio::join!(run_if_any(out), run_if_any(err)) };
    tokio::pin!(pumps);
    // All that it needs is there: nothing fails from here on for want of something.
    let mut child = Child::start(job, standard, &signals)?;
    signals.begin();
    let mut tick = interval_at(TokioInstant::now() + TICK, TICK);
    let (mut exit, mut pumped) = (None, None);
    let (mut job_control, mut stopped) = (JobControl::default(), None);
    while exit.is_none() || pumped.is_none() {
        tokio::select! {
            // What came before the end was for the command.
            biased;
            arrival = signals.next() => if exit.is_some() {
                job_control.hear_after_the_end(arrival);
            } else {
                let (pty, keys) = (sources.pty.as_ref(), keys.as_ref());
                let mode = &mut mode;
                job_control.hear(arrival, &mut Run { child: &child, pty, shared: &shared, keys, mode });
            },
            change = child.wait(), if exit.is_none() => match change.map_err(SpawnError::Other)? {
                Change::Stopped(signal) => stopped = Some(signal),
                Change::Ended(status) => {
                    exit = Some(End::now(status, started));
                    has_ended.send_replace(Some(TokioInstant::now()));
                }
            },
            () = sleep(LAST_ECHO), if stopped.is_some() => if let Some(signal) = stopped.take() {
                let (pty, keys, mode) = (sources.pty.as_ref(), keys.as_ref(), &mut mode);
                let run = &mut Run { child: &child, pty, shared: &shared, keys, mode };
                job_control.stop(signal, run);
            },
            ends = &mut pumps, if pumped.is_none() => {
                sources.pty = None;
                pumped = Some(ends);
            }
            passed_on = pass_keys_on(keys.as_mut(), sources.pty.as_ref()) => {
                if keys.as_ref().is_some_and(Keys::were_pressed) {
                    shared.give_up_storing(Unrecorded::StdinPart);
                }
                keys = keys.filter(|_| passed_on.is_ok());
            }
            // Last words get a moment; a reader that has stalled does not keep what is to end.
            () = sleep(LAST_WORDS), if exit.is_some_and(|end: End| job_control.is_to_end(end.exit)) => {
                shared.give_up_storing(Unrecorded::OutputLost);
                break;
            }
            _ = tick.tick(), if exit.is_none() => show_progress(&mut mode, &shared, &child),
        }
    }
    give_way_to_question(&mut mode, &shared, &child);
    shared.spinner.take();
    let typed = keys.is_some_and(|keys| keys.were_pressed());
    let left_alone = || inherited.map_or(Ok(()), PassedOn::end);
    let condition = input.end().and_then(|condition| left_alone().map(|()| condition));
    let mut end = exit.unwrap_or_else(|| End::now(Exit::Signal(libc::SIGKILL), started));
    let ended_by = job_control.ended_by.filter(|_| pumped.is_none());
    end.exit = ended_by.map_or(end.exit, Exit::Signal);
    let ends = pumped.unwrap_or((PumpEnd::Abandoned, PumpEnd::Abandoned));
    if let (Exit::Signal(signal @ (libc::SIGINT | libc::SIGQUIT)), true) = (end.exit, typed) {
        // Those who wait for us, such as a loop of a shell, would have got that key from our own terminal.
        signals::tell_group(signal);
    }
    // There is no command any more to pass a signal on to.
    signals.end();
    // What nobody took, or a signal cut short, is no failure of the command.
    let is_its_own = !job_control.disturbed && !ends.0.is_lost() && !ends.1.is_lost();
    let withhold = job.withhold.filter(|_| is_its_own);
    let is_unwanted = || withhold.is_some_and(|is_unwanted| is_unwanted(end.exit));
    let shown = show_held(&shared, is_unwanted).await;
    let tape = shared.tape.replace(Tape::new(None, false));
    Ok(conclude(end, ends, condition, tape, shown))
}

fn show_progress(mode: &mut Option<TerminalMode>, shared: &Shared<'_>, child: &Child) {
    give_way_to_question(mode, shared, child);
    if let Some(spinner) = &mut *shared.spinner.borrow_mut() {
        spinner.tick();
    }
}

/// Leaves the terminal to a command that has changed its mode, for good.
fn give_way_to_question(mode: &mut Option<TerminalMode>, shared: &Shared<'_>, child: &Child) {
    if !mode.as_mut().is_some_and(TerminalMode::has_changed) {
        return;
    }
    *mode = None;
    if let Some(spinner) = &mut *shared.spinner.borrow_mut() {
        spinner.withdraw();
    }
    if !child.shares_the_terminal() {
        shared.give_up_storing(Unrecorded::Asked);
    }
}

/// Shows what was held to the end, unless it is unwanted.
async fn show_held(shared: &Shared<'_>, is_unwanted: impl FnOnce() -> bool) -> Shown {
    let withheld = shared.tape.borrow().is_held() && is_unwanted();
    let unshown = if withheld { None } else { shared.let_out().await.err() };
    Shown { withheld, lost: worst(unshown.into_iter().chain(shared.lost.take())) }
}

/// What became of output that was held.
struct Shown {
    withheld: bool,
    lost: Option<io::Error>,
}

/// What came of a run that has ended: a recording only if nothing speaks against it.
fn conclude(
    end: End,
    (out, err): (PumpEnd, PumpEnd),
    condition: Result<Condition, Unrecorded>,
    tape: Tape,
    Shown { withheld, lost }: Shown,
) -> Outcome {
    let End { exit, ended, elapsed } = end;
    let record = || Ok((Recording { body: tape.finish()?, exit, ended, elapsed }, condition?));
    let recording = record();
    let (out, err) = (out.split(), err.split());
    let left_behind = [(Stream::Stdout, out.left_behind), (Stream::Stderr, err.left_behind)];
    detach::keep_forwarding(left_behind, withheld);
    let lost = worst([lost, out.lost, err.lost].into_iter().flatten());
    Outcome { exit, recording, withheld, lost }
}

async fn run_if_any(pump: Option<Pump<'_>>) -> PumpEnd {
    match pump {
        Some(pump) => pump.run().await,
        None => PumpEnd::Whole,
    }
}

async fn pass_keys_on(keys: Option<&mut Keys>, pty: Option<&Pty>) -> io::Result<()> {
    match (keys, pty) {
        (Some(keys), Some(pty)) => keys.pass_on(pty).await,
        _ => std::future::pending().await,
    }
}
