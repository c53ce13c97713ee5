//! Running the command as if cachex were not there, and recording what it does.
//!
//! Synchronous outside; inside, one single-threaded runtime listens to both output pipes, to
//! signals and to the end of the command at once. It never touches the store, and does not know
//! what a result is kept for: it tells how the command ended, what it wrote and read, and whether
//! all of that was recorded.

mod afterwards;
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
#[cfg(target_os = "linux")]
mod process_stat;
mod pty;
mod pump;
mod ready;
#[cfg(target_os = "linux")]
mod reap;
mod room;
mod shared;
mod shared_file;
mod signal_mask;
mod signals;
#[cfg(target_os = "linux")]
mod stopped;
mod supervision;
mod tape;
#[cfg(target_os = "linux")]
mod terminal_guests;
mod terminal_mode;
#[cfg(target_os = "linux")]
mod terminal_reads;
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
use crate::output_streams::OutputStreams;
use crate::progress::Spinner;
use crate::recording::{Abandoned, Recorder, Recording};
use crate::terminal::Stream;
use crate::time::Timestamp;
use child::{Child, Connected, Sources, connect};
use input::Running;
use keys::Keys;
use launch::Standard;
use passed_on::PassedOn;
use pump::{Pump, PumpEnd, worst};
use shared::Shared;
use signals::{Receiver, Signals};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};
use supervision::{Ended, Run};
use tape::Tape;
use terminal_mode::TerminalMode;
use tokio::sync::watch;
use tokio::time::Instant as TokioInstant;

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
    pub outputs: OutputStreams,
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
    /// It got an answer from a person.
    #[error("the terminal was read, as for an answer")]
    TerminalRead,
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

async fn supervise(job: &mut Job<'_>) -> Result<Outcome, SpawnError> {
    let mut signals = Signals::install(Receiver::Command).map_err(SpawnError::Other)?;
    let started = Instant::now();
    let passed_on = || PassedOn::now(matches!(job.input, Input::File(_)));
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
    let left_alone = || inherited.map_or(Ok(()), PassedOn::end);
    let condition = input.end().and_then(|condition| left_alone().map(|()| condition));
    if let (Exit::Signal(signal @ (libc::SIGINT | libc::SIGQUIT)), true) = (end.exit, typed) {
        // Those who wait for us, such as a loop of a shell, would have got that key from our own terminal.
        signals::tell_group(signal);
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
        let wants_keys = has_terminal && is_stdin_empty && keys::are_there();
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
