//! Signals on systems without a queue of them: a handler writes each signal to a pipe, which is read.

use super::arrival::{Arrival, Origin, Receiver, is_from_terminal};
use super::mask::{self, SignalMask};
use crate::inherited::is_ignored;
use crate::runner::async_fd::watch;
use rustix::io::ioctl_fionbio;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The signals that are caught. Signals that a fault, a write or a terminal access of cachex itself raises are not
/// among them.
const CAUGHT: [i32; 16] = [
    libc::SIGCHLD,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGWINCH,
    libc::SIGTSTP,
    libc::SIGCONT,
    libc::SIGURG,
    libc::SIGIO,
    libc::SIGXCPU,
    libc::SIGVTALRM,
    libc::SIGPROF,
];

/// How often this process was continued, modulo 256.
static CONTINUED: AtomicU8 = AtomicU8::new(0);

/// Whether a signal that is reported now may have come before there was a command.
static STARTING: AtomicBool = AtomicBool::new(false);

/// Where the handler writes to.
static REPORTS: AtomicI32 = AtomicI32::new(-1);

/// The signals that arrive from now on. They are blocked until [`begin`](Self::begin).
pub(crate) struct SignalHandlers {
    /// Each signal with its disposition before.
    caught: Vec<(i32, libc::sighandler_t)>,
    mask: Option<SignalMask>,
    reader: AsyncFd<OwnedFd>,
    /// Where the handler writes to, open as long as it is read.
    _writer: OwnedFd,
}

impl Drop for SignalHandlers {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        for (signal, before) in &self.caught {
            // SAFETY: a plain system call.
            unsafe { libc::signal(*signal, *before) };
        }
        self.mask = None;
        REPORTS.store(-1, Ordering::SeqCst);
    }
}

/// The handler of every signal that is caught. All signals are blocked while it runs, so that they are reported in the
/// order in which they came.
#[allow(unsafe_code)]
extern "C" fn report(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    if signal == libc::SIGCONT {
        CONTINUED.fetch_add(1, Ordering::SeqCst);
    }
    // SAFETY: the kernel passes the information on the signal. This field is 0 when no process sent the signal.
    let is_from_process = unsafe { (*info).si_pid() } != 0;
    let is_early = STARTING.load(Ordering::SeqCst);
    let message =
        [u8::try_from(signal).unwrap_or(0), u8::from(is_from_process), u8::from(is_early)];
    // SAFETY: one `write` of memory that lives here, which handlers may do. It fails if the descriptor is gone.
    unsafe { libc::write(REPORTS.load(Ordering::SeqCst), message.as_ptr().cast(), message.len()) };
}

impl SignalHandlers {
    /// Lets signals wait for [`next`](Self::next).
    #[allow(unsafe_code)]
    pub(crate) fn install(receiver: Receiver) -> io::Result<Self> {
        let mask = SignalMask::block_all()?;
        STARTING.store(true, Ordering::SeqCst);
        let (reader, writer) = io::pipe()?;
        // Neither end may block: the handler must not, and neither must the wait for a signal.
        ioctl_fionbio(&reader, true)?;
        ioctl_fionbio(&writer, true)?;
        let (reader, writer): (OwnedFd, OwnedFd) = (reader.into(), writer.into());
        REPORTS.store(writer.as_raw_fd(), Ordering::SeqCst);
        let reader = watch(reader, Interest::READABLE)?;
        let mut signals = Self { caught: Vec::new(), mask: Some(mask), reader, _writer: writer };
        for signal in CAUGHT {
            let before = if is_ignored(signal) { libc::SIG_IGN } else { libc::SIG_DFL };
            if receiver == Receiver::Cachex && before == libc::SIG_IGN {
                continue;
            }
            // SAFETY: the struct is plain numbers, for which zero is a value; the handler is of the
            // kind that SA_SIGINFO asks for, and does only what a handler may.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = report as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
                libc::sigfillset(&raw mut action.sa_mask);
                if libc::sigaction(signal, &raw const action, std::ptr::null_mut()) != 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            signals.caught.push((signal, before));
        }
        if receiver == Receiver::Cachex {
            signals.begin();
        }
        Ok(signals)
    }

    /// Starts a command with signals as our caller left them.
    #[allow(unsafe_code)]
    pub(crate) fn pass_on(&self, command: &mut Command) {
        // `inherited` has set SIGCHLD already.
        let mut caught = self.caught.clone();
        caught.retain(|(signal, _)| *signal != libc::SIGCHLD);
        let reset = move || {
            for (signal, before) in &caught {
                // SAFETY: a plain system call, in the process that is about to become the command.
                unsafe { libc::signal(*signal, *before) };
            }
            Ok(())
        };
        // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
        unsafe { command.pre_exec(reset) };
        if let Some(mask) = &self.mask {
            mask::pass_on(command, mask);
        }
    }

    /// Unblocks signals, since the command runs. Those that waited are reported as early ones.
    pub(crate) fn begin(&mut self) {
        self.mask = None;
        STARTING.store(false, Ordering::SeqCst);
    }

    /// Ends, since the command has ended.
    pub(crate) fn end(self) {
        drop(self);
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Arrival {
        loop {
            let Ok(mut guard) = self.reader.readable().await else {
                std::future::pending::<()>().await;
                continue;
            };
            // A message of three bytes is written and read in one piece.
            let mut message = [0; 3];
            match rustix::io::read(self.reader.get_ref(), &mut message) {
                Ok(3) => return arrival(message),
                Err(rustix::io::Errno::INTR) => {}
                _ => guard.clear_ready(),
            }
        }
    }
}

fn arrival([signal, is_from_process, is_early]: [u8; 3]) -> Arrival {
    let signal = i32::from(signal);
    let origin = match is_from_process {
        _ if signal == libc::SIGCHLD => Origin::Child,
        0 if is_from_terminal(signal) => Origin::Terminal,
        0 => Origin::Kernel,
        _ => Origin::Process { id: None, value: None },
    };
    Arrival { signal, origin, early: is_early != 0 }
}

/// Stops this process by a signal, as the command was stopped, or the whole process group, as a key of the terminal does.
/// Returns when the process goes on, and tells whether it was continued: the kernel does not stop a process that no shell
/// could continue.
pub(crate) fn stop(signal: i32, whole_group: bool) -> bool {
    let before = CONTINUED.load(Ordering::SeqCst);
    mask::take_default_action(signal, whole_group);
    CONTINUED.load(Ordering::SeqCst) != before
}
