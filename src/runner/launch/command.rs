//! A command that does not run yet, and the settings that it starts with.

use super::environment::Environment;
use crate::die_with_parent;
use crate::inherited;
use crate::runner::signals::Signals;
use crate::tracer::Trace;
use rustix::process::Pid;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that does not run yet.
pub(crate) struct Launch<'a> {
    /// The file to execute.
    pub(crate) program: &'a Path,
    /// The command line.
    pub(crate) words: &'a [OsString],
    /// Its environment; `None`: the same as ours.
    pub(crate) environment: Option<Environment>,
    /// Its standard input, output and error.
    pub(crate) standard: [Standard; 3],
    /// The setting that is made last of all, if the command is to be traced.
    pub(crate) trace: Option<&'a mut Trace>,
    /// Whether it gets a session of its own, controlled by the terminal that is its standard output.
    pub(crate) leads_a_session: bool,
}

/// One of the standard descriptors of a command.
pub(crate) enum Standard {
    /// The descriptor of cachex.
    Ours,
    /// Nothing.
    Closed,
    /// This descriptor, which cachex closes once the command runs.
    Given(OwnedFd),
}

/// Starts a command with the settings that come last: those of signals, and that of a trace.
pub(super) fn spawn(
    command: &mut Command,
    signals: &Signals,
    trace: Option<&mut Trace>,
) -> io::Result<Pid> {
    die_with_parent::arrange(command);
    signals.pass_on(command);
    if let Some(trace) = trace {
        trace.arrange(command);
    }
    command.spawn().map(|child| Pid::from_child(&child))
}

impl Launch<'_> {
    /// The command with all settings except those of signals, which come last.
    pub(super) fn into_command(self) -> io::Result<Command> {
        let mut command = Command::new(self.program);
        if let Some((name, arguments)) = self.words.split_first() {
            command.arg0(name).args(arguments);
        }
        if let Some(environment) = self.environment {
            environment.pass_on(&mut command)?;
        }
        inherited::pass_on(&mut command);
        let own = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        for (standard, fd) in self.standard.iter().zip(own) {
            if matches!(standard, Standard::Closed) {
                inherited::pass_on_closed(&mut command, fd);
            }
        }
        let [stdin, stdout, stderr] = self.standard.map(|standard| match standard {
            Standard::Ours | Standard::Closed => Stdio::inherit(),
            Standard::Given(fd) => fd.into(),
        });
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        Ok(command)
    }
}
