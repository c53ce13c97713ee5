//! The state that this process inherited from its caller, and that the command has to inherit as well.
//!
//! cachex changes four things for itself. It ignores SIGPIPE and SIGXFSZ, which would end it when a reader goes away or
//! a file reaches its limit. It does not ignore SIGCHLD, since it waits for the command. It opens standard descriptors
//! that are closed, since a file of its own would get their numbers. Rust's runtime may change some of that before
//! `main`, so the loader first calls a function that records the inherited state.

use rustix::fd::{AsRawFd, BorrowedFd, RawFd};
use rustix::fs::FileType;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The signals whose disposition cachex changes, each with whether the caller ignored it.
static CHANGED: [(i32, AtomicBool); 3] = [
    (libc::SIGPIPE, AtomicBool::new(false)),
    (libc::SIGXFSZ, AtomicBool::new(false)),
    (libc::SIGCHLD, AtomicBool::new(false)),
];

/// Which of the three standard descriptors were closed.
static CLOSED: [AtomicBool; 3] =
    [AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false)];

#[used]
#[allow(unsafe_code)]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
// SAFETY: the loader calls the functions of this section once, before there are threads. This function does not use the
// runtime.
static NOTE: extern "C" fn() = note;

extern "C" fn note() {
    for (signal, ignored) in &CHANGED {
        ignored.store(is_ignored(*signal), Ordering::Relaxed);
    }
    for (fd, closed) in (0..).zip(&CLOSED) {
        closed.store(flags(fd).is_none(), Ordering::Relaxed);
    }
}

/// The flags of a descriptor, if it is open.
#[allow(unsafe_code)]
fn flags(fd: RawFd) -> Option<i32> {
    // SAFETY: a plain system call, which fails for a descriptor that is not open.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    (flags != -1).then_some(flags)
}

/// Makes the changes that cachex needs.
#[allow(unsafe_code)]
pub fn prepare() {
    for (fd, closed) in (0..).zip(&CLOSED) {
        if closed.load(Ordering::Relaxed) && flags(fd).is_none() {
            // SAFETY: plain system calls, which take the lowest number that is free: this one. Where there is no null
            // device, the root directory serves: nothing can be written to it either.
            unsafe {
                if libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) == -1 {
                    libc::open(c"/".as_ptr(), libc::O_RDONLY);
                }
            }
        }
    }
    // SAFETY: plain system calls.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
}

/// Whether a standard descriptor was closed when this process started.
pub fn is_closed(fd: BorrowedFd<'_>) -> bool {
    usize::try_from(fd.as_raw_fd())
        .is_ok_and(|fd| CLOSED.get(fd).is_some_and(|closed| closed.load(Ordering::Relaxed)))
}

/// Starts a command with this standard descriptor closed.
#[allow(unsafe_code)]
pub fn pass_on_closed(command: &mut Command, fd: BorrowedFd<'_>) {
    let fd = fd.as_raw_fd();
    let close = move || {
        // SAFETY: a plain system call, in the process that is about to become the command.
        unsafe { libc::close(fd) };
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(close) };
}

/// Starts a command with the dispositions of signals that our caller set.
#[allow(unsafe_code)]
pub fn pass_on(command: &mut Command) {
    let restore = || {
        for (signal, ignored) in &CHANGED {
            let is_ignored = ignored.load(Ordering::Relaxed);
            let disposition = if is_ignored { libc::SIG_IGN } else { libc::SIG_DFL };
            // SAFETY: a plain system call.
            if unsafe { libc::signal(*signal, disposition) } == libc::SIG_ERR {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(restore) };
}

/// Whether this process ignores a signal.
#[allow(unsafe_code)]
pub fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with a null new action the call only fills `action`, which is read only on success.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// The standard signals that our caller ignores: bit `n - 1` stands for signal `n`. (Real-time signals are left out: each
/// costs a system call, and callers do not ignore them.)
pub fn ignored_signals() -> u64 {
    static IGNORED: OnceLock<u64> = OnceLock::new();
    let was_ignored = |signal| {
        let changed = CHANGED.iter().find(|(changed, _)| *changed == signal);
        changed.map_or_else(|| is_ignored(signal), |(_, ignored)| ignored.load(Ordering::Relaxed))
    };
    *IGNORED.get_or_init(|| {
        let ignored = (1..=31).filter(|signal| was_ignored(*signal));
        ignored.fold(0, |set, signal| set | 1 << (signal - 1))
    })
}

/// Whether our caller ignores this standard signal.
pub fn is_ignored_by_caller(signal: i32) -> bool {
    (1..=31).contains(&signal) && (ignored_signals() >> (signal - 1)) & 1 == 1
}

/// The signals that this thread blocks, as our caller left it: bit `n - 1` stands for signal `n`.
#[allow(unsafe_code)]
pub fn blocked_signals() -> u64 {
    let mut blocked = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: without a new set the call only fills `blocked`, which is read only on success.
    let blocked = unsafe {
        if libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), blocked.as_mut_ptr()) != 0 {
            return 0;
        }
        blocked.assume_init()
    };
    // SAFETY: the call reads the set only.
    let is_blocked = |signal| unsafe { libc::sigismember(&raw const blocked, signal) == 1 };
    (1..=64).filter(|signal| is_blocked(*signal)).fold(0, |set, signal| set | 1 << (signal - 1))
}

/// The descriptors from 3 on that are regular files and stay open in the command. Those beyond 255 are not looked for:
/// hardly any caller uses them, and each takes time.
#[allow(unsafe_code)]
pub fn regular_files() -> Vec<RawFd> {
    const LAST: RawFd = 255;
    let poll = |fd| libc::pollfd { fd, events: 0, revents: 0 };
    let mut polled: Vec<_> = (3..=LAST).map(poll).collect();
    // SAFETY: the call fills what lives here, and does not wait. It marks descriptors that are not open. If it fails, each
    // is looked at.
    unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 0) };
    let open = polled.iter().filter(|it| it.revents & libc::POLLNVAL == 0).map(|it| it.fd);
    open.filter(|fd| is_passed_on(*fd) && is_regular(*fd)).collect()
}

/// Whether this descriptor is open in the command.
pub fn is_passed_on(fd: RawFd) -> bool {
    flags(fd).is_some_and(|flags| flags & libc::FD_CLOEXEC == 0)
}

#[allow(unsafe_code)]
fn is_regular(fd: RawFd) -> bool {
    // SAFETY: the descriptor is only asked about, and nothing else closes it meanwhile.
    rustix::fs::fstat(unsafe { BorrowedFd::borrow_raw(fd) })
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(unsafe_code)]
    fn signals_that_only_cachex_ignores_are_not_counted() {
        // SAFETY: plain system calls on a signal that nothing here uses.
        unsafe { libc::signal(libc::SIGUSR2, libc::SIG_IGN) };
        prepare();
        let ignored =
            [libc::SIGUSR2, libc::SIGUSR1, libc::SIGXFSZ, 0, 64].map(is_ignored_by_caller);
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGUSR2, libc::SIG_DFL) };
        assert_eq!(ignored, [true, false, false, false, false]);
    }
}
