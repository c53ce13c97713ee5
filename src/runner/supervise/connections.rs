//! What stands between cachex and the standard descriptors of the command.

use crate::output_streams::OutputStreams;
use crate::runner::launch::Standard;
use crate::runner::terminal::{Keys, Pty, open_pty};
use crate::terminal::TerminalSize;
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;

/// Our ends of what the command writes to.
#[derive(Default)]
pub(super) struct Sources {
    /// Its terminal, if it has one.
    pub(super) pty: Option<Pty>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
}

/// What the command has as its standard descriptors.
pub(super) struct Connected {
    /// An empty standard input, if it has no other one.
    pub(super) empty: Option<Standard>,
    pub(super) stdout: Standard,
    pub(super) stderr: Standard,
}

/// Makes what the command has for its standard descriptors, and gives us their other ends.
pub(super) fn connect(
    outputs: OutputStreams,
    is_stdin_empty: bool,
    keys: Option<&Keys>,
) -> io::Result<(Sources, Connected)> {
    let pipe = || {
        let (ours, theirs) = io::pipe()?;
        Ok::<_, io::Error>((Some(OwnedFd::from(ours)), Standard::Given(theirs.into())))
    };
    let if_open = |is_open| if is_open { pipe() } else { Ok((None, Standard::Closed)) };
    let mut pty = None;
    let mut terminal = None;
    let ((stdout, theirs), (stderr, their_stderr)) = match outputs {
        OutputStreams::Apart => (pipe()?, pipe()?),
        OutputStreams::Joined => {
            let (ours, theirs) = io::pipe()?;
            let same = Standard::Given(theirs.try_clone()?.into());
            ((Some(ours.into()), Standard::Given(theirs.into())), (None, same))
        }
        OutputStreams::Partly { stdout, stderr } => (if_open(stdout)?, if_open(stderr)?),
        OutputStreams::Terminal { columns } => {
            let size = TerminalSize { columns, ..TerminalSize::own() };
            let (ours, theirs) = open_pty(size, keys.map(Keys::settings))?;
            let reader = ours.reader()?;
            pty = Some(ours);
            terminal = Some(Standard::Given(theirs.try_clone()?));
            let same = Standard::Given(theirs.try_clone()?);
            ((Some(reader), Standard::Given(theirs)), (None, same))
        }
    };
    let empty = is_stdin_empty.then(|| terminal.map_or_else(nothing, Ok)).transpose()?;
    let connected = Connected { empty, stdout: theirs, stderr: their_stderr };
    Ok((Sources { pty, stdout, stderr }, connected))
}

/// An empty standard input.
fn nothing() -> io::Result<Standard> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(Standard::Given(rustix::fs::open("/dev/null", flags, Mode::empty())?))
}
