//! A signal that has reached cachex, where it comes from, and what it means.

use rustix::process::{Pid, getpid, getsid};

/// A signal that has reached cachex.
#[derive(Clone, Copy, Debug)]
pub(in crate::runner) struct Arrival {
    pub(in crate::runner) signal: i32,
    pub(in crate::runner) origin: Origin,
    /// Whether it arrived before there was a command, or may have.
    pub(super) early: bool,
}

/// Where a signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runner) enum Origin {
    /// The terminal, which sends it to every process of its foreground group.
    Terminal,
    /// The kernel, since a child stopped, went on or ended.
    Child,
    /// A process, with the value that `sigqueue` gave it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "not told there"))]
    Process { id: Option<Pid>, value: Option<usize> },
    /// The kernel, for another reason: an alarm, or a terminal that hung up on the leader of its session.
    Kernel,
}

/// Whom a signal is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Receiver {
    /// The command: all signals are.
    Command,
    /// cachex itself: those that the caller ignores or blocks are not.
    Cachex,
}

impl Arrival {
    /// The signal, if a command that got it may have done something else than usual.
    pub(in crate::runner) fn disturbs(self) -> Option<i32> {
        let is_harmless = self.stops()
            || self.origin == Origin::Child
            || matches!(self.signal, libc::SIGWINCH | libc::SIGCONT);
        (!is_harmless).then_some(self.signal)
    }

    /// Whether it ends a process that does not catch it.
    pub(in crate::runner) fn ends_by_default(self) -> bool {
        let is_ignored_by_default = matches!(self.signal, libc::SIGCHLD | libc::SIGURG);
        self.disturbs().is_some() && !is_ignored_by_default
    }

    /// Whether it stops a process that does not catch it.
    pub(in crate::runner) fn stops(self) -> bool {
        matches!(self.signal, libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
    }

    /// Whether a child stopped, went on or ended.
    pub(in crate::runner) fn is_about_child(self) -> bool {
        self.origin == Origin::Child
    }

    /// Whether it continues a process, perhaps in another place.
    pub(in crate::runner) fn continues(self) -> bool {
        self.signal == libc::SIGCONT
    }

    /// Whether a command of our own process group has got it as well.
    pub(in crate::runner) fn has_reached_the_group(self) -> bool {
        self.origin == Origin::Terminal && !self.early
    }
}

/// What a terminal sends to its whole foreground group.
const TERMINAL: [i32; 7] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGHUP,
    libc::SIGWINCH,
];

/// Whether the terminal sent a signal, of those from the kernel.
pub(super) fn is_from_terminal(signal: i32) -> bool {
    // The leader of a session may be the only one to hear of a terminal that hung up.
    let is_for_leader = signal == libc::SIGHUP && leads_the_session();
    TERMINAL.contains(&signal) && !is_for_leader
}

/// Whether this process leads its session.
fn leads_the_session() -> bool {
    // Allowed also in a handler.
    getsid(None).is_ok_and(|session| session == getpid())
}
