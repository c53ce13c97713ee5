//! The connections of cachex with the standard descriptors and the terminal of the command.

use crate::output_streams::OutputStreams;
use crate::runner::job::Job;
use crate::runner::launch::Standard;
use crate::runner::terminal::{Keys, Pty, QuestionWatch, are_keys_there, open_pty};
use crate::stdin::Stdin;
use crate::terminal::TerminalSize;
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;

/// The connections of a command that does not run yet.
pub(super) struct Connections {
    /// The keys that are pressed on our terminal, if the command gets them.
    pub(super) keys: Option<Keys>,
    /// Our terminal, if it is to be watched for questions.
    pub(super) questions: Option<QuestionWatch>,
    /// The terminal of the command, if it has one of its own.
    pub(super) pty: Option<Pty>,
    /// Our ends of standard output and standard error, as far as there are any.
    pub(super) outputs: [Option<OwnedFd>; 2],
    /// The standard descriptors of the command. The input is either empty or replaced later.
    pub(super) standard: [Standard; 3],
}

impl Connections {
    /// Makes them.
    pub(super) fn make(job: &Job<'_>) -> io::Result<Self> {
        let is_stdin_empty = matches!(job.stdin, Stdin::Absent);
        if let OutputStreams::Terminal { columns } = job.outputs {
            return Self::with_terminal(columns, is_stdin_empty);
        }
        let questions = QuestionWatch::begin();
        let pipe = |is_open: bool| {
            let pipe = is_open.then(io::pipe).transpose()?;
            let closed = (None, Standard::Closed);
            io::Result::Ok(pipe.map_or(closed, |(read, write)| (Some(read.into()), given(write))))
        };
        let ((out, stdout), (err, stderr)) = match job.outputs {
            OutputStreams::Partly { stdout, stderr } => (pipe(stdout)?, pipe(stderr)?),
            OutputStreams::Joined => {
                let (read, write) = io::pipe()?;
                ((Some(read.into()), given(write.try_clone()?)), (None, given(write)))
            }
            _ => (pipe(true)?, pipe(true)?),
        };
        let stdin = if is_stdin_empty { null_device()? } else { Standard::Closed };
        let standard = [stdin, stdout, stderr];
        Ok(Self { keys: None, questions, pty: None, outputs: [out, err], standard })
    }

    /// Connects a command with a terminal of its own, which the command may change as it likes.
    fn with_terminal(columns: u16, is_stdin_empty: bool) -> io::Result<Self> {
        let gets_keys = is_stdin_empty && are_keys_there();
        let keys = gets_keys.then(Keys::open).transpose()?;
        let size = TerminalSize { columns, ..TerminalSize::own() };
        let (pty, theirs) = open_pty(size, keys.as_ref().map(|keys| &keys.before))?;
        let outputs = [Some(pty.reader()?), None];
        let standard = [given(theirs.try_clone()?), given(theirs.try_clone()?), given(theirs)];
        Ok(Self { keys, questions: None, pty: Some(pty), outputs, standard })
    }
}

fn given(fd: impl Into<OwnedFd>) -> Standard {
    Standard::Given(fd.into())
}

/// An empty standard input.
fn null_device() -> io::Result<Standard> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(given(rustix::fs::open("/dev/null", flags, Mode::empty())?))
}
