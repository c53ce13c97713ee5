//! Signals to cachex: which are caught, and what became of them.
//!
//! A handler only writes to a pipe; the supervisor reads it. A signal that was ignored when cachex
//! started (as under `nohup`) stays ignored, for the command too.

use super::held::Held;
use super::ready::watch;
use crate::inherited::is_ignored;
use rustix::io::ioctl_fionbio;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A signal, and whether a process sent it (the terminal signals the command as well).
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) signal: i32,
    pub(super) from_process: bool,
    /// How often, modulo 256, this process had been continued by then.
    continued: u8,
}

/// How often, modulo 256, this process was continued.
static CONTINUED: AtomicU8 = AtomicU8::new(0);

impl Arrival {
    /// The signal, if a command that got it may have done something else than usual.
    pub(super) fn disturbs(self) -> Option<i32> {
        (!matches!(self.signal, libc::SIGWINCH | libc::SIGCONT | libc::SIGTSTP))
            .then_some(self.signal)
    }

    /// Whether it ends a process that does not catch it.
    pub(super) fn kills(self) -> bool {
        self.disturbs().is_some()
    }

    /// Whether it continues a process, perhaps in another place.
    pub(super) fn continues(self) -> bool {
        self.signal == libc::SIGCONT
    }

    /// Whether it stops a process that does not catch it.
    pub(super) fn stops(self) -> bool {
        self.signal == libc::SIGTSTP
    }
}

const CAUGHT: [i32; 10] = [
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
];

/// The signals that arrive from now on. Until [`begin`](Self::begin) they wait.
pub(super) struct Signals {
    caught: Vec<i32>,
    held: Option<Held>,
    reader: AsyncFd<OwnedFd>,
    /// Where the handler writes to, as long as anybody reads.
    _writer: OwnedFd,
}

impl Drop for Signals {
    fn drop(&mut self) {
        to_default(self.caught.iter().copied());
        self.held = None;
        REPORTS.store(-1, Ordering::SeqCst);
    }
}

/// Whether there may have been no command yet when a signal came that is reported now.
static STARTING: AtomicBool = AtomicBool::new(false);

/// Where the handler writes to.
static REPORTS: AtomicI32 = AtomicI32::new(-1);

/// The handler of every signal that is caught. While it runs the others wait, so that they are
/// reported in the order in which they came.
#[allow(unsafe_code)]
extern "C" fn report(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes the signal's own information.
    let from_kernel = is_from_kernel(unsafe { &*info });
    // Of a terminal that is gone the leader of its session may be the only one to hear.
    let is_for_us = signal == libc::SIGHUP && leads_the_session();
    let is_for_both = from_kernel && TERMINAL.contains(&signal) && !is_for_us;
    let from_process = !is_for_both || STARTING.load(Ordering::SeqCst);
    if signal == libc::SIGCONT {
        CONTINUED.fetch_add(1, Ordering::SeqCst);
    }
    let continued = CONTINUED.load(Ordering::SeqCst);
    let message = [u8::try_from(signal).unwrap_or(0), u8::from(from_process), continued];
    // SAFETY: one `write` of memory that lives here, which is async-signal-safe; a descriptor that
    // is gone makes it fail.
    unsafe { libc::write(REPORTS.load(Ordering::SeqCst), message.as_ptr().cast(), message.len()) };
}

impl Signals {
    #[allow(unsafe_code)]
    pub(super) fn install() -> io::Result<Self> {
        let held = Held::all()?;
        STARTING.store(true, Ordering::SeqCst);
        let (reader, writer) = io::pipe()?;
        // Neither may wait: the handler for us, or we for the next signal.
        ioctl_fionbio(&reader, true)?;
        ioctl_fionbio(&writer, true)?;
        let (reader, writer): (OwnedFd, OwnedFd) = (reader.into(), writer.into());
        REPORTS.store(writer.as_raw_fd(), Ordering::SeqCst);
        let reader = watch(reader, Interest::READABLE)?;
        let caught: Vec<_> = to_be_caught().collect();
        // SAFETY: the struct is plain numbers, for which zero is a value; the handler is of the
        // kind that SA_SIGINFO asks for, and does only what a handler may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = report as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
            libc::sigfillset(&raw mut action.sa_mask);
            for signal in &caught {
                if libc::sigaction(*signal, &raw const action, std::ptr::null_mut()) != 0 {
                    return Err(io::Error::last_os_error());
                }
            }
        }
        Ok(Self { caught, held: Some(held), reader, _writer: writer })
    }

    /// What is held until [`begin`](Self::begin).
    pub(super) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// No signal waits any more. Those that did are reported at once, as sent by a process: they may have come
    /// before there was a command, and are passed on. One that it got itself as well it gets twice, in the first
    /// moment of its life.
    pub(super) fn begin(&mut self) {
        self.held = None;
        STARTING.store(false, Ordering::SeqCst);
    }

    /// Those that a command finds as usual all the same.
    pub(super) fn caught(&self) -> &[i32] {
        &self.caught
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Arrival {
        loop {
            let Ok(mut guard) = self.reader.readable().await else {
                std::future::pending::<()>().await;
                continue;
            };
            // Messages of three bytes are written and read whole.
            let mut message = [0; 3];
            match rustix::io::read(self.reader.get_ref(), &mut message) {
                Ok(3) => {
                    let [signal, from_process, continued] = message;
                    let from_process = from_process != 0;
                    return Arrival { signal: signal.into(), from_process, continued };
                }
                Err(rustix::io::Errno::INTR) => {}
                _ => guard.clear_ready(),
            }
        }
    }
}

/// What a terminal sends, to its whole foreground group.
const TERMINAL: [i32; 5] =
    [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGHUP, libc::SIGWINCH];

/// Whether the kernel itself sent a signal.
#[cfg(target_os = "linux")]
fn is_from_kernel(info: &libc::siginfo_t) -> bool {
    info.si_code == libc::SI_KERNEL
}

#[cfg(not(target_os = "linux"))]
#[allow(unsafe_code)]
fn is_from_kernel(info: &libc::siginfo_t) -> bool {
    // SAFETY: every signal fills this field, with 0 when no process sent it.
    unsafe { info.si_pid() == 0 }
}

/// Whether this process leads its session.
#[allow(unsafe_code)]
fn leads_the_session() -> bool {
    // SAFETY: plain system calls, allowed also in a handler.
    unsafe { libc::getsid(0) == libc::getpid() }
}

/// Back to the default actions: there is no command to pass a signal on to.
pub(super) fn reset() {
    to_default(to_be_caught());
}

fn to_be_caught() -> impl Iterator<Item = i32> {
    CAUGHT.into_iter().filter(|signal| !is_ignored(*signal))
}

#[allow(unsafe_code)]
fn to_default(signals: impl Iterator<Item = i32>) {
    for signal in signals {
        // SAFETY: a plain system call, allowed also right after a fork.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Stops this process as the default action of `arrival` would, unless it has been continued since;
/// returns once it is continued.
#[allow(unsafe_code)]
pub(super) fn stop(arrival: Arrival) {
    // SAFETY: plain system calls on sets and actions that live here; everything is put back. The
    // signal is raised while it is blocked: a continuation that comes from then on takes it back,
    // one that came before is seen in the count. Raising it, rather than SIGSTOP, leaves it to the
    // kernel whether there is a shell that could resume us.
    unsafe {
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut blocked);
        libc::sigaddset(&raw mut blocked, libc::SIGTSTP);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        let mut ours = std::mem::MaybeUninit::<libc::sigaction>::uninit();
        if libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, mask.as_mut_ptr()) != 0 {
            return;
        }
        if libc::sigaction(libc::SIGTSTP, &raw const action, ours.as_mut_ptr()) == 0 {
            libc::raise(libc::SIGTSTP);
            if CONTINUED.load(Ordering::SeqCst) != arrival.continued {
                libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, mask.as_ptr(), std::ptr::null_mut());
            libc::sigaction(libc::SIGTSTP, ours.as_ptr(), std::ptr::null_mut());
        } else {
            libc::pthread_sigmask(libc::SIG_SETMASK, mask.as_ptr(), std::ptr::null_mut());
        }
    }
}

/// Ends this process by a signal, so that the caller sees what killed the command: a shell ends
/// its loop on an interrupt only then.
#[allow(unsafe_code)]
pub fn die_of(signal: i32) {
    // SAFETY: plain system calls. The command has dumped its core already, if it did.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}
