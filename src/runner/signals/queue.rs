//! Signals on Linux: they wait in the kernel until they are read.

use super::arrival::{Arrival, Origin, Receiver, is_from_terminal};
use super::mask::{self, SignalMask};
use crate::runner::async_fd::watch;
use rustix::process::{Pid, getpid};
use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The signals that arrive from now on. All are blocked until this is dropped.
pub(crate) struct SignalQueue {
    /// Signals that may have come before there was a command.
    early: VecDeque<Arrival>,
    queue: AsyncFd<OwnedFd>,
    mask: SignalMask,
}

impl SignalQueue {
    /// Blocks all signals, which wait for [`next`](Self::next) from now on.
    #[allow(unsafe_code)]
    pub(crate) fn install(receiver: Receiver) -> io::Result<Self> {
        let mask = SignalMask::block_all()?;
        let read = match receiver {
            Receiver::Command => mask::all(),
            Receiver::Cachex => mask.not_ignored(),
        };
        // SAFETY: the call reads the set, and gives a new descriptor or fails.
        let queue = unsafe {
            match libc::signalfd(-1, &raw const read, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC) {
                -1 => return Err(io::Error::last_os_error()),
                queue => OwnedFd::from_raw_fd(queue),
            }
        };
        let queue = watch(queue, Interest::READABLE)?;
        Ok(Self { early: VecDeque::new(), queue, mask })
    }

    /// Starts a command with signals as our caller left them.
    pub(crate) fn pass_on(&self, command: &mut Command) {
        mask::pass_on(command, &self.mask);
    }

    /// Notes that the command runs. A signal that has already arrived may have come too early for the command, so it is
    /// passed on even if the terminal sent it. If it came just after the command began, the command gets it twice.
    pub(crate) fn begin(&mut self) {
        while let Some(arrival) = self.read() {
            self.early.push_back(Arrival { early: true, ..arrival });
        }
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Arrival {
        loop {
            if let Some(arrival) = self.early.pop_front().or_else(|| self.read()) {
                return arrival;
            }
            match self.queue.readable().await {
                Ok(mut ready) => ready.clear_ready(),
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Ends, since the command has ended. Signals that have already arrived were for the command.
    pub(crate) fn end(self) {
        while self.read().is_some() {}
    }

    /// The next pending signal.
    #[allow(unsafe_code)]
    fn read(&self) -> Option<Arrival> {
        const SIZE: usize = size_of::<libc::signalfd_siginfo>();
        loop {
            let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
            // SAFETY: the call writes to `info` only, which is as large as it says.
            let count =
                unsafe { libc::read(self.queue.as_raw_fd(), info.as_mut_ptr().cast(), SIZE) };
            if usize::try_from(count) != Ok(SIZE) {
                return None;
            }
            // SAFETY: it was filled whole.
            if let Some(arrival) = arrival(&unsafe { info.assume_init() }) {
                return Some(arrival);
            }
        }
    }
}

/// A signal as the kernel describes it; `None` for one that a write of our own caused, such as SIGPIPE.
fn arrival(info: &libc::signalfd_siginfo) -> Option<Arrival> {
    let signal = info.ssi_signo.cast_signed();
    let sender = info.ssi_pid.cast_signed();
    let origin = match info.ssi_code {
        code @ ..=0 => {
            let is_ours = sender == getpid().as_raw_nonzero().get();
            if is_ours && matches!(signal, libc::SIGPIPE | libc::SIGXFSZ) {
                return None;
            }
            let value =
                (code == libc::SI_QUEUE).then(|| usize::try_from(info.ssi_ptr).ok()).flatten();
            Origin::Process { id: Pid::from_raw(sender), value }
        }
        _ if signal == libc::SIGCHLD => Origin::Child,
        libc::SI_KERNEL if is_from_terminal(signal) => Origin::Terminal,
        _ => Origin::Kernel,
    };
    Some(Arrival { signal, origin, early: false })
}

/// Stops this process by a signal, as the command was stopped, or the whole process group, as a key of the terminal does.
/// Returns when the process goes on, and tells whether it was continued: the kernel does not stop a process that no shell
/// could continue. All signals have to be blocked.
pub(crate) fn stop(signal: i32, whole_group: bool) -> bool {
    // A stop would discard a pending SIGCONT.
    if !mask::is_pending(libc::SIGCONT) {
        mask::take_default_action(signal, whole_group);
    }
    mask::is_pending(libc::SIGCONT)
}
