//! Relaying signals to the command, so that each process gets what it would get without cachex.

use super::running::RunningCommand;
use crate::process_group::{leads_group, leads_group_of_our_session};
use crate::runner::signals::{Arrival, Origin, signal_group, signal_process};
use crate::terminal::TerminalSize;
use rustix::process::Pid;

impl RunningCommand<'_> {
    /// Passes on a signal that came to cachex, unless the command has got it as well.
    pub(super) fn pass_on(&self, arrival: Arrival) {
        let is_from_process = matches!(arrival.origin, Origin::Process { .. });
        match (arrival.origin, &self.pty) {
            (Origin::Child, _) => {}
            // The command sent it to its whole group, itself included.
            (Origin::Process { id: Some(id), .. }, _) if Some(id) == self.process.id() => {}
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
                Some(group) => signal_group(group, arrival.signal),
                None if arrival.has_reached_the_group() => {}
                None => self.send(arrival.signal, None),
            },
            (Origin::Process { value, .. }, _) => self.send(arrival.signal, value),
            (Origin::Kernel, _) => self.send(arrival.signal, None),
        }
    }

    /// Continues the command after a stop, unless another process has done so.
    pub(super) fn resume(&self) {
        match &self.pty {
            Some(pty) => {
                pty.resize(TerminalSize::own());
                pty.signal_foreground(libc::SIGCONT);
            }
            None if self.process.was_continued() => {}
            None => match self.group_in_our_place() {
                Some(group) => signal_group(group, libc::SIGCONT),
                None => self.send(libc::SIGCONT, None),
            },
        }
    }

    /// The process group of the command, if the terminal would signal that group without cachex: the command leads a
    /// new group in our session, and cachex leads the one that the command would have stayed in.
    fn group_in_our_place(&self) -> Option<Pid> {
        let command = self.process.id()?;
        (leads_group() && leads_group_of_our_session(command)).then_some(command)
    }

    /// Sends a signal to the command, with the value that another process gave it.
    fn send(&self, signal: i32, value: Option<usize>) {
        // The process id belongs to the command until its exit status is taken.
        if let Some(id) = self.process.id() {
            signal_process(id, signal, value);
        }
    }
}
