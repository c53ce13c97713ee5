//! The command as a process, and passing signals on to it.

#[cfg(target_os = "linux")]
use super::lookout::Lookout;
use crate::output_streams::OutputStreams;
use crate::runner::error::SpawnError;
use crate::runner::job::Job;
use crate::runner::launch::{Launch, Process, Standard, StateChange};
use crate::runner::signals::{Arrival, Origin, Signals, tell_group, tell_process};
use crate::runner::terminal::Pty;
#[cfg(target_os = "linux")]
use crate::runner::terminal::exists_other_reader;
use crate::terminal::TerminalSize;
use rustix::process::{Pid, getpgid, getpgrp, getpid, getsid};
use std::io;

/// A running command.
pub(super) struct Child(Process);

impl Child {
    /// Starts the command of a job. It finds signals as our caller left them.
    pub(super) fn start(
        job: &mut Job<'_>,
        standard: [Standard; 3],
        signals: &Signals,
    ) -> Result<Self, SpawnError> {
        let launch = Launch {
            program: job.program,
            words: job.words,
            environment: job.environment.take(),
            standard,
            leads_a_session: matches!(job.outputs, OutputStreams::Terminal { .. }),
        };
        Process::start(launch, signals).map(Self)
    }

    pub(super) async fn wait(&mut self) -> io::Result<StateChange> {
        self.0.wait().await
    }

    /// Passes on a signal that came to cachex, unless the command has got it as well.
    pub(super) fn pass_on(&self, arrival: Arrival, pty: Option<&Pty>) {
        let is_from_process = matches!(arrival.origin, Origin::Process { .. });
        match (arrival.origin, pty) {
            (Origin::Child, _) => {}
            // The command sent it to its whole group, itself included.
            (Origin::Process { id: Some(id), .. }, _) if Some(id) == self.0.id() => {}
            // The kernel tells the command of a new size of its own terminal.
            (_, Some(pty)) if arrival.signal == libc::SIGWINCH => {
                if !pty.resize(TerminalSize::own()) && is_from_process {
                    self.send(arrival.signal, None);
                }
            }
            // All processes that share our terminal would get it.
            (Origin::Terminal, Some(pty)) => pty.signal_foreground(arrival.signal),
            (_, Some(pty)) if arrival.continues() => pty.signal_foreground(arrival.signal),
            (Origin::Terminal, None) => match self.group_in_our_place() {
                Some(group) => tell_group(group, arrival.signal),
                None if arrival.has_reached_the_group() => {}
                None => self.send(arrival.signal, None),
            },
            (Origin::Process { value, .. }, _) => self.send(arrival.signal, value),
            (Origin::Kernel, _) => self.send(arrival.signal, None),
        }
    }

    /// Continues the command after a stop, unless another process has done so.
    pub(super) fn resume(&self, pty: Option<&Pty>) {
        match pty {
            Some(pty) => {
                pty.resize(TerminalSize::own());
                pty.signal_foreground(libc::SIGCONT);
            }
            None if self.0.was_continued() => {}
            None => match self.group_in_our_place() {
                Some(group) => tell_group(group, libc::SIGCONT),
                None => self.send(libc::SIGCONT, None),
            },
        }
    }

    /// The process group of the command, if the terminal would signal that group without cachex: the command leads a
    /// new group in our session, and cachex leads the one that the command would have stayed in.
    fn group_in_our_place(&self) -> Option<Pid> {
        let command = self.0.id()?;
        let would_be = getpgrp() == getpid()
            && getsid(Some(command)) == getsid(None)
            && getpgid(Some(command)) == Ok(command);
        would_be.then_some(command)
    }

    /// Whether a process that does not belong to the command may have changed the mode of the terminal: a pager, say,
    /// that reads our output.
    pub(super) fn shares_the_terminal(&self) -> bool {
        #[cfg(target_os = "linux")]
        return exists_other_reader(self.0.id());
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Runs `stop`, which stops cachex. It is continued as soon as the command is no longer stopped.
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
    fn send(&self, signal: i32, value: Option<usize>) {
        // The number belongs to the command until its exit is taken.
        if let Some(id) = self.0.id() {
            tell_process(id, signal, value);
        }
    }
}
