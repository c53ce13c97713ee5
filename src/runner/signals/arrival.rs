//! A signal that has reached cachex, where it comes from, and what it means. Pure, but for a look at our session.

use crate::process_group::leads_session;
use rustix::process::Pid;

/// A signal that has reached cachex.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) signal: i32,
    pub(crate) origin: Origin,
    /// Whether it may have arrived before there was a command.
    pub(super) early: bool,
}

/// Where a signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The terminal, which sends it to each process of its foreground group.
    Terminal,
    /// The kernel, since a child stopped, went on or ended.
    Child,
    /// A process, with the value that `sigqueue` gave it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "not known there"))]
    Process { id: Option<Pid>, value: Option<usize> },
    /// The kernel, for another reason: an alarm, or a terminal that hung up on the leader of its session.
    Kernel,
}

/// The receiver of the signals that arrive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// The command gets all of them.
    Command,
    /// cachex itself does not get those that its caller ignores or blocks.
    Cachex,
}

impl Arrival {
    /// The signal, if it may have changed what the command did.
    pub(crate) fn disturbs(self) -> Option<i32> {
        let is_harmless = self.stops()
            || self.origin == Origin::Child
            || matches!(self.signal, libc::SIGWINCH | libc::SIGCONT);
        (!is_harmless).then_some(self.signal)
    }

    /// Whether it ends a process that does not catch it.
    pub(crate) fn ends_by_default(self) -> bool {
        let is_ignored_by_default = matches!(self.signal, libc::SIGCHLD | libc::SIGURG);
        self.disturbs().is_some() && !is_ignored_by_default
    }

    /// Whether it stops a process that does not catch it.
    pub(crate) fn stops(self) -> bool {
        matches!(self.signal, libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
    }

    /// Whether it continues a stopped process.
    pub(crate) fn continues(self) -> bool {
        self.signal == libc::SIGCONT
    }

    /// Whether a command in our process group got it as well.
    pub(crate) fn has_reached_the_group(self) -> bool {
        self.origin == Origin::Terminal && !self.early
    }
}

/// The signals that a terminal sends to its whole foreground group.
const FROM_TERMINAL: [i32; 7] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGHUP,
    libc::SIGWINCH,
];

/// Whether a signal from the kernel comes from the terminal.
pub(super) fn is_from_terminal(signal: i32) -> bool {
    // When a terminal hangs up, the leader of the session may be the only process that gets a signal.
    let is_for_leader = signal == libc::SIGHUP && leads_session();
    FROM_TERMINAL.contains(&signal) && !is_for_leader
}
