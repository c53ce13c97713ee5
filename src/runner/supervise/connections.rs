//! What connects cachex with the standard descriptors and the terminal of the command.

use crate::output_streams::OutputStreams;
use crate::runner::job::Job;
use crate::runner::launch::Standard;
use crate::runner::terminal::{Keys, Pty, QuestionWatch, are_keys_there, open_pty};
use crate::stdin::Stdin;
use crate::terminal::TerminalSize;
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;

/// Both ends of what a command is connected with.
pub(super) struct Connections {
    /// The keys of our terminal, if the command gets them.
    pub(super) keys: Option<Keys>,
    /// Our terminal, if it is to be watched for questions.
    pub(super) questions: Option<QuestionWatch>,
    pub(super) ours: OurEnds,
    pub(super) theirs: TheirEnds,
}

/// Our ends of what the command writes to.
#[derive(Default)]
pub(super) struct OurEnds {
    /// Its terminal, if it has one of its own.
    pub(super) pty: Option<Pty>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
}

/// The standard descriptors of the command.
pub(super) struct TheirEnds {
    /// An empty standard input, if the command has no other one.
    pub(super) empty_stdin: Option<Standard>,
    pub(super) stdout: Standard,
    pub(super) stderr: Standard,
}

impl Connections {
    /// Makes them for a command that does not run yet.
    pub(super) fn make(job: &Job<'_>) -> io::Result<Self> {
        let has_terminal = matches!(job.outputs, OutputStreams::Terminal { .. });
        let is_stdin_empty = matches!(job.stdin, Stdin::Absent);
        // The command may change a terminal of its own as it likes.
        let questions = if has_terminal { None } else { QuestionWatch::begin() };
        let gets_keys = has_terminal && is_stdin_empty && are_keys_there();
        let keys = gets_keys.then(Keys::open).transpose()?;
        let (ours, theirs) = connect(job.outputs, is_stdin_empty, keys.as_ref())?;
        Ok(Self { keys, questions, ours, theirs })
    }
}

fn connect(
    outputs: OutputStreams,
    is_stdin_empty: bool,
    keys: Option<&Keys>,
) -> io::Result<(OurEnds, TheirEnds)> {
    let mut ours = OurEnds::default();
    let mut terminal = None;
    let (stdout, stderr) = match outputs {
        OutputStreams::Apart => (pipe(&mut ours.stdout)?, pipe(&mut ours.stderr)?),
        OutputStreams::Joined => {
            let (read, write) = io::pipe()?;
            ours.stdout = Some(read.into());
            (Standard::Given(write.try_clone()?.into()), Standard::Given(write.into()))
        }
        OutputStreams::Partly { stdout, stderr } => (
            if stdout { pipe(&mut ours.stdout)? } else { Standard::Closed },
            if stderr { pipe(&mut ours.stderr)? } else { Standard::Closed },
        ),
        OutputStreams::Terminal { columns } => {
            let size = TerminalSize { columns, ..TerminalSize::own() };
            let (pty, theirs) = open_pty(size, keys.map(Keys::settings))?;
            ours.stdout = Some(pty.reader()?);
            ours.pty = Some(pty);
            terminal = Some(Standard::Given(theirs.try_clone()?));
            (Standard::Given(theirs.try_clone()?), Standard::Given(theirs))
        }
    };
    let empty_stdin = is_stdin_empty.then(|| terminal.map_or_else(null_device, Ok)).transpose()?;
    Ok((ours, TheirEnds { empty_stdin, stdout, stderr }))
}

/// Makes a pipe and gives the end that is written to.
fn pipe(ours: &mut Option<OwnedFd>) -> io::Result<Standard> {
    let (read, write) = io::pipe()?;
    *ours = Some(read.into());
    Ok(Standard::Given(write.into()))
}

/// An empty standard input.
fn null_device() -> io::Result<Standard> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(Standard::Given(rustix::fs::open("/dev/null", flags, Mode::empty())?))
}
