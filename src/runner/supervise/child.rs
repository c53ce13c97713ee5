//! The command: what it is started with, and what is passed on to it.

#[cfg(target_os = "linux")]
use super::lookout::Lookout;
use crate::output_streams::OutputStreams;
use crate::runner::error::SpawnError;
use crate::runner::job::Job;
use crate::runner::launch::{Change, Launch, Process, Standard, with_nesting};
use crate::runner::signals::{Arrival, Origin, Signals};
use crate::runner::terminal::Pty;
#[cfg(target_os = "linux")]
use crate::runner::terminal::are_there_beside;
use crate::terminal::TerminalSize;
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
        return are_there_beside(self.0.id());
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
