//! A command that does not run yet, and what it has as its standard descriptors.

use crate::inherited;
use crate::runner::job::Environment;
use crate::runner::signals::Signals;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that does not run yet.
pub(in crate::runner) struct Launch<'a> {
    /// The file to execute.
    pub(in crate::runner) program: &'a Path,
    /// The command line.
    pub(in crate::runner) words: &'a [OsString],
    /// All that is in its environment; `None`: what is in ours.
    pub(in crate::runner) environment: Option<Environment>,
    /// Its standard input, output and error.
    pub(in crate::runner) standard: [Standard; 3],
    /// Whether it gets a session of its own, controlled by the terminal that is its standard output.
    pub(in crate::runner) leads_a_session: bool,
    /// The signals that we hold back, and it finds as our caller left them.
    pub(in crate::runner) signals: Option<&'a Signals>,
}

/// What a command has as one of its standard descriptors.
pub(in crate::runner) enum Standard {
    /// The same as we.
    Ours,
    /// Nothing.
    Closed,
    /// Something that is ours until then.
    Given(OwnedFd),
}

impl Launch<'_> {
    /// The same as the language takes it.
    pub(in crate::runner) fn command(self) -> Command {
        let mut command = Command::new(self.program);
        if let Some(environment) = self.environment {
            command.env_clear().envs(environment);
        }
        if let Some((name, arguments)) = self.words.split_first() {
            command.arg0(name).args(arguments);
        }
        inherited::pass_on(&mut command);
        if let Some(signals) = self.signals {
            signals.pass_on(&mut command);
        }
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
        command
    }
}
