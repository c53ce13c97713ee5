//! A command with a terminal of its own, and the process that leads its session.
//!
//! The kernel lets Ctrl-Z stop a process only where one of the same session, but of another group, could have it go
//! on: a shell for its jobs, here the monitor for the command. It starts the command, reports what becomes of it, and
//! takes no part in anything else. When it dies, by whatever, the command is killed.

use super::vfork::{Plan, Started};
use crate::exit::Exit;
use crate::runner::async_fd::watch_pipe;
use crate::runner::process::{close_all_but, reap};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The process between cachex and the command.
pub(super) struct Monitor {
    id: libc::pid_t,
    reports: AsyncFd<OwnedFd>,
}

/// What has become of the command.
#[derive(Clone, Copy)]
enum Report {
    /// It runs, under this number.
    Started(c_int),
    /// The system does not execute it, for this reason.
    Refused(c_int),
    /// There cannot be a new process, for this reason.
    NoProcess(c_int),
    /// This signal stopped it.
    Stopped(c_int),
    /// It exited with this code.
    Exited(c_int),
    /// This signal killed it.
    Killed(c_int),
}

/// A report as it is written to the pipe, whole.
const LENGTH: usize = 5;

impl Report {
    fn encode(self) -> [u8; LENGTH] {
        let (kind, number) = match self {
            Self::Started(number) => (0, number),
            Self::Refused(number) => (1, number),
            Self::NoProcess(number) => (2, number),
            Self::Stopped(number) => (3, number),
            Self::Exited(number) => (4, number),
            Self::Killed(number) => (5, number),
        };
        let [a, b, c, d] = number.to_ne_bytes();
        [kind, a, b, c, d]
    }

    fn decode([kind, number @ ..]: [u8; LENGTH]) -> Option<Self> {
        let number = c_int::from_ne_bytes(number);
        Some(match kind {
            0 => Self::Started(number),
            1 => Self::Refused(number),
            2 => Self::NoProcess(number),
            3 => Self::Stopped(number),
            4 => Self::Exited(number),
            5 => Self::Killed(number),
            _ => return None,
        })
    }

    /// Reads the next one; `None` when there will be no more.
    fn read(from: &OwnedFd) -> Result<Option<Self>, Errno> {
        let mut message = [0; LENGTH];
        match rustix::io::read(from, &mut message) {
            Ok(LENGTH) => Ok(Self::decode(message)),
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Starts a command through a monitor, and tells its number.
#[allow(unsafe_code)]
pub(super) fn start(plan: &mut Plan, terminal: RawFd) -> Result<(libc::pid_t, Monitor), Started> {
    let (reports, write) = io::pipe().map_err(Started::NoProcess)?;
    let (reports, write): (OwnedFd, OwnedFd) = (reports.into(), write.into());
    // Before there is a command: this may fail.
    let reports = watch_pipe(reports, Interest::READABLE).map_err(Started::NoProcess)?;
    let cachex = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: the new process makes only system calls, on its stack, until it is killed: it touches no lock that
    // another thread may have held when it was made.
    let id = match unsafe { libc::fork() } {
        -1 => return Err(Started::NoProcess(io::Error::last_os_error())),
        0 => unsafe { lead(plan, terminal, &write, cachex) },
        id => id,
    };
    drop(write);
    let first = loop {
        match Report::read(reports.get_ref()) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                _ = poll(&mut [PollFd::new(reports.get_ref(), PollFlags::IN)], None);
            }
            first => break first,
        }
    };
    let fault = match first {
        Ok(Some(Report::Started(command))) => return Ok((command, Monitor { id, reports })),
        Ok(Some(Report::Refused(fault))) => Started::Refused(io::Error::from_raw_os_error(fault)),
        Ok(Some(Report::NoProcess(fault))) => {
            Started::NoProcess(io::Error::from_raw_os_error(fault))
        }
        // It may have started the command before somebody killed it.
        _ => Started::OutOfSight(io::Error::other("the leader of its session ended")),
    };
    end(id);
    Err(fault)
}

/// What has become of a command that runs.
pub(super) enum Seen {
    Stopped(c_int),
    Ended(Exit),
}

impl Monitor {
    /// Waits until the command has stopped or ended.
    pub(super) async fn next(&mut self) -> io::Result<Seen> {
        loop {
            let seen = match Report::read(self.reports.get_ref()) {
                Ok(Some(Report::Stopped(signal))) => return Ok(Seen::Stopped(signal)),
                Ok(Some(Report::Exited(code))) => {
                    Exit::Code(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
                }
                Ok(Some(Report::Killed(signal))) => Exit::Signal(signal),
                Ok(Some(_)) | Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {
                    self.reports.readable().await?.clear_ready();
                    continue;
                }
                // Somebody killed it, and with it the command.
                Ok(None) | Err(_) => Exit::Signal(libc::SIGKILL),
            };
            end(self.id);
            return Ok(Seen::Ended(seen));
        }
    }
}

/// Ends a monitor. Until then the number of the command is not given to another process.
#[allow(unsafe_code)]
fn end(monitor: libc::pid_t) {
    // SAFETY: a plain system call, to a child that was not waited for.
    unsafe { libc::kill(monitor, libc::SIGKILL) };
    let _ = reap(monitor);
}

/// Leads a session, starts the command in it, and reports what becomes of it.
///
/// # Safety
/// For the new process. All signals have to be blocked. It allocates nothing, and takes no lock.
#[allow(unsafe_code)]
unsafe fn lead(plan: &mut Plan, terminal: RawFd, reports: &OwnedFd, cachex: libc::pid_t) -> ! {
    let fault_of = |fault: io::Error| fault.raw_os_error().unwrap_or(libc::EIO);
    let report = |what: Report| _ = rustix::io::write(reports, &what.encode());
    // SAFETY: plain system calls; the caller's promise.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getppid() != cachex {
            libc::_exit(1);
        }
        if libc::setsid() == -1 || libc::ioctl(terminal, libc::TIOCSCTTY, 0) == -1 {
            report(Report::NoProcess(fault_of(io::Error::last_os_error())));
            libc::_exit(1);
        }
        let command = match plan.start(Some(terminal)) {
            Started::Runs(id, _) => id,
            Started::Refused(fault) => {
                report(Report::Refused(fault_of(fault)));
                libc::_exit(1)
            }
            Started::NoProcess(fault) => {
                report(Report::NoProcess(fault_of(fault)));
                libc::_exit(1)
            }
            Started::OutOfSight(_) | Started::Unsupported => {
                report(Report::NoProcess(libc::ENOSYS));
                libc::_exit(1)
            }
        };
        report(Report::Started(command));
        close_all_but(&mut [reports.as_raw_fd()]);
        loop {
            let seen = wait_for(command);
            if let Report::Stopped(_) = seen {
                report(seen);
                continue;
            }
            take_terminal();
            report(seen);
            loop {
                // Until cachex, which has read that, ends us.
                libc::pause();
            }
        }
    }
}

/// Waits until the command has stopped or ended. Its end is left for somebody else to take.
///
/// # Safety
/// As for `lead`.
#[allow(unsafe_code)]
unsafe fn wait_for(command: libc::pid_t) -> Report {
    let id = libc::id_t::from(command.unsigned_abs());
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: plain system calls, which fill the struct, for which zero is a value.
    unsafe {
        let options = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT;
        libc::waitid(libc::P_PID, id, info.as_mut_ptr(), options);
        let seen = info.assume_init();
        let number = seen.si_status();
        match seen.si_code {
            libc::CLD_STOPPED => {
                libc::waitid(libc::P_PID, id, info.as_mut_ptr(), libc::WSTOPPED | libc::WNOHANG);
                Report::Stopped(number)
            }
            libc::CLD_EXITED => Report::Exited(number),
            _ => Report::Killed(number),
        }
    }
}

/// Brings the processes that the command left behind into the background of the terminal: those in its foreground are
/// hung up on when the leader of the session ends.
///
/// # Safety
/// As for `lead`.
#[allow(unsafe_code)]
unsafe fn take_terminal() {
    // SAFETY: plain system calls. Where nobody has the terminal any more it cannot be opened.
    unsafe {
        let terminal = libc::open(c"/dev/tty".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        if terminal != -1 {
            libc::tcsetpgrp(terminal, libc::getpid());
            libc::close(terminal);
        }
    }
}
