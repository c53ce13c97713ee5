//! The command: what it is started with, and what is passed on to it.

use super::keys::Keys;
use super::launch::{Change, Launch, Process, SpawnError, Standard};
use super::pty::{self, Pty};
use super::signals::{Arrival, Origin, Signals};
#[cfg(target_os = "linux")]
use super::stopped::Lookout;
#[cfg(target_os = "linux")]
use super::terminal_guests;
use super::{Environment, Job};
use crate::inherited;
use crate::nesting;
use crate::output_streams::OutputStreams;
use crate::terminal::TerminalSize;
use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// A running command.
pub(super) struct Child(Process);

/// Our ends of what the command writes to.
#[derive(Default)]
pub(super) struct Sources {
    /// Its terminal, if it has one.
    pub(super) pty: Option<Pty>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
}

impl Child {
    /// Starts the command of a job. It finds signals as our caller left them.
    pub(super) fn start(
        job: &mut Job<'_>,
        standard: [Standard; 3],
        signals: &Signals,
    ) -> Result<Self, SpawnError> {
        let environment = job.environment.take();
        let launch = Launch {
            program: job.program,
            words: job.words,
            environment: environment.map(with_nesting),
            standard,
            leads_a_session: matches!(job.outputs, OutputStreams::Terminal { .. }),
            signals: Some(signals),
        };
        Process::start(launch).map(Self).map_err(|error| match error {
            // There may have been no process that could have executed it.
            SpawnError::Refused(fault) if is_for_want(&fault) => SpawnError::Other(fault),
            error => error,
        })
    }

    pub(super) async fn wait(&mut self) -> io::Result<Change> {
        self.0.wait().await
    }

    /// Passes a signal on that came to cachex, unless the command has had it.
    pub(super) fn pass_on(&self, arrival: Arrival, pty: Option<&Pty>) {
        let is_from_process = matches!(arrival.origin, Origin::Process { .. });
        match (arrival.origin, pty) {
            (Origin::Child, _) => {}
            // It told its whole group, and itself.
            (Origin::Process { id, .. }, _) if Some(id) == self.0.id() => {}
            // The command's own terminal tells it.
            (_, Some(pty)) if arrival.signal == libc::SIGWINCH => {
                if !pty.resize(TerminalSize::own()) && is_from_process {
                    self.send(arrival.signal, None);
                }
            }
            // Those that share our terminal would all get it.
            (Origin::Terminal, Some(pty)) => pty.signal_foreground(arrival.signal),
            (_, Some(pty)) if arrival.continues() => pty.signal_foreground(arrival.signal),
            (Origin::Terminal, None) => match self.group_in_our_place() {
                Some(group) => signal_group(group, arrival.signal),
                None if arrival.has_reached_the_group() => {}
                None => self.send(arrival.signal, None),
            },
            (Origin::Process { value, .. }, _) => self.send(arrival.signal, value),
            (Origin::Kernel, _) => self.send(arrival.signal, None),
        }
    }

    /// Has the command go on, after a stop, unless somebody else has done that.
    pub(super) fn resume(&self, pty: Option<&Pty>) {
        match pty {
            Some(pty) => {
                pty.resize(TerminalSize::own());
                pty.signal_foreground(libc::SIGCONT);
            }
            None if self.0.was_continued() => {}
            None => match self.group_in_our_place() {
                Some(group) => signal_group(group, libc::SIGCONT),
                None => self.send(libc::SIGCONT, None),
            },
        }
    }

    /// The process group of the command, if the terminal would tell that one without cachex: the command leads a new
    /// one, in our session, and would have stayed in the one that we lead.
    #[allow(unsafe_code)]
    fn group_in_our_place(&self) -> Option<libc::pid_t> {
        let command = self.0.id()?;
        // SAFETY: plain system calls. The number is that of the command until it is waited for.
        unsafe {
            let would_be = libc::getpgrp() == libc::getpid()
                && libc::getsid(command) == libc::getsid(0)
                && libc::getpgid(command) == command;
            would_be.then_some(command)
        }
    }

    /// Whether a process that does not belong to the command may have changed the mode of the terminal: a pager, say,
    /// that reads our output.
    pub(super) fn shares_the_terminal(&self) -> bool {
        #[cfg(target_os = "linux")]
        return terminal_guests::are_there_beside(self.0.id());
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Does something for which cachex stops. It is continued when the command is no longer stopped.
    pub(super) fn watched<T>(&self, stop: impl FnOnce() -> T) -> T {
        #[cfg(target_os = "linux")]
        let _lookout = self.0.id().and_then(Lookout::begin);
        stop()
    }

    /// The signal that stopped the command since this was last asked.
    pub(super) fn was_stopped(&self) -> Option<i32> {
        self.0.was_stopped()
    }

    /// Sends a signal to the command, with the value that another process gave it.
    #[allow(unsafe_code)]
    fn send(&self, signal: i32, value: Option<usize>) {
        let Some(id) = self.0.id() else { return };
        // SAFETY: plain system calls. The number is that of the command until it is waited for.
        unsafe {
            match value {
                #[cfg(target_os = "linux")]
                Some(value) => {
                    let value = std::ptr::with_exposed_provenance_mut(value);
                    libc::sigqueue(id, signal, libc::sigval { sival_ptr: value })
                }
                _ => libc::kill(id, signal),
            };
        }
    }
}

/// Sends a signal to a process group, as a key of the terminal does.
#[allow(unsafe_code)]
fn signal_group(group: libc::pid_t, signal: i32) {
    // SAFETY: a plain system call.
    unsafe { libc::killpg(group, signal) };
}

fn is_for_want(fault: &io::Error) -> bool {
    matches!(fault.raw_os_error(), Some(libc::EAGAIN | libc::ENOMEM))
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
            let (ours, theirs) = pty::open(size, keys)?;
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

/// Variables, and the one that cachex adds.
fn with_nesting(mut environment: Environment) -> Environment {
    environment.extend(nesting::variable());
    environment
}

/// Becomes the command: nothing of cachex stays.
///
/// Returns only when that fails.
#[must_use]
pub fn exec(program: &Path, words: &[OsString], environment: Option<Environment>) -> SpawnError {
    let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let launch = Launch {
        program,
        words,
        environment: environment.map(with_nesting),
        standard: standard
            .map(|fd| if inherited::is_closed(fd) { Standard::Closed } else { Standard::Ours }),
        leads_a_session: false,
        signals: None,
    };
    SpawnError::Refused(launch.command().exec())
}
