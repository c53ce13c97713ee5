//! On Linux: as `posix_spawn` does it, and what that cannot do.
//!
//! A fork copies all page tables, and every page that is written to after it: a tenth of the time of a short
//! miss. Here the new process borrows our memory instead, and we stand still until it has become the command. So
//! all that it needs is made ready before, and it does nothing but system calls.

use super::command::{Launch, Standard};
use crate::inherited;
use crate::runner::process::reap;
use crate::runner::signals::Signals;
use std::ffi::{CString, OsString, c_char, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicI32, Ordering};

/// What comes of an attempt to start a command.
pub(super) enum Started {
    /// It runs, under this number; what is with it can be read from when it has ended. Kernels before 5.2
    /// have none.
    Runs(libc::pid_t, Option<OwnedFd>),
    /// The system does not execute it.
    Refused(io::Error),
    /// There cannot be a new process.
    NoProcess(io::Error),
    /// It may run, and nobody can tell.
    OutOfSight(io::Error),
    /// Not in this way: the system is too old, or somebody who stands in for it does not know it.
    Unsupported,
}

/// What the new process needs. It reads all of it in our memory, and writes the fault.
pub(super) struct Plan {
    program: CString,
    words: Words,
    /// `None`: ours.
    environment: Option<Words>,
    standard: [Step; 3],
    /// What signals do in the command, where they do something else in cachex.
    signals: Vec<(c_int, libc::sighandler_t)>,
    /// The signals that our caller blocked.
    blocked: libc::sigset_t,
    parent: libc::pid_t,
    /// The terminal in whose foreground the command is to be, with a process group of its own.
    terminal: Option<RawFd>,
    stack: Vec<MaybeUninit<u128>>,
    /// Why it did not become the command; 0: it did.
    fault: AtomicI32,
}

/// What happens to a standard descriptor.
enum Step {
    Keep,
    Close,
    Replace(RawFd),
}

/// Words as the system takes them.
struct Words {
    /// The last one is null.
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

impl Words {
    fn new(words: impl Iterator<Item = Vec<u8>>) -> io::Result<Self> {
        let owned = words.map(CString::new).collect::<Result<Vec<_>, _>>()?;
        let mut pointers: Vec<_> = owned.iter().map(|word| word.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Ok(Self { pointers, _owned: owned })
    }
}

impl Plan {
    fn new(launch: &Launch<'_>, blocked: libc::sigset_t) -> io::Result<Self> {
        let room = STACK + (launch.words.len() + 1) * size_of::<*const c_char>();
        let variable = |(name, value): (&OsString, &OsString)| {
            [name.as_bytes(), b"=", value.as_bytes()].concat()
        };
        let environment = launch.environment.as_ref();
        Ok(Self {
            program: CString::new(launch.program.as_os_str().as_bytes())?,
            words: Words::new(launch.words.iter().map(|word| word.as_bytes().to_vec()))?,
            environment: environment
                .map(|environment| Words::new(environment.iter().map(variable)))
                .transpose()?,
            standard: launch.standard.each_ref().map(|standard| match standard {
                Standard::Ours => Step::Keep,
                Standard::Closed => Step::Close,
                Standard::Given(fd) => Step::Replace(fd.as_raw_fd()),
            }),
            signals: inherited::actions().collect(),
            blocked,
            parent: 0,
            terminal: None,
            stack: Vec::with_capacity(room / size_of::<u128>()),
            fault: AtomicI32::new(0),
        })
    }

    /// Becomes the command; returns why not.
    ///
    /// # Safety
    /// For the new process: it changes what is to be changed for the command only. It allocates nothing, and
    /// takes no lock.
    #[allow(unsafe_code)]
    unsafe fn become_command(&self) -> io::Error {
        unsafe extern "C" {
            static environ: *const *const c_char;
        }
        // SAFETY: plain system calls, with what the plan owns and keeps meanwhile.
        unsafe {
            // Stopped here it could not let us go on, and nobody could continue us. We get that signal as well, and
            // pass it on.
            let stop = libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            for (signal, action) in &self.signals {
                libc::signal(*signal, *action);
            }
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return io::Error::last_os_error();
            }
            for (fd, step) in (0..).zip(&self.standard) {
                let done = match step {
                    Step::Keep => 0,
                    Step::Close => libc::close(fd),
                    // Ours was closed, and could not be opened.
                    Step::Replace(with) if *with == fd => libc::fcntl(fd, libc::F_SETFD, 0),
                    Step::Replace(with) => libc::dup2(*with, fd),
                };
                if done == -1 {
                    return io::Error::last_os_error();
                }
            }
            if let Some(terminal) = self.terminal {
                libc::setpgid(0, 0);
                libc::tcsetpgrp(terminal, libc::getpid());
            }
            // Were we killed before that could be asked for?
            if libc::getppid() != self.parent {
                return io::Error::from_raw_os_error(libc::EINTR);
            }
            let (program, words) = (self.program.as_ptr(), self.words.pointers.as_ptr());
            let environment = self.environment.as_ref().map(|words| words.pointers.as_ptr());
            let environment = environment.unwrap_or(environ);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const self.blocked, std::ptr::null_mut());
            // As late as can be: see above.
            libc::signal(libc::SIGTSTP, stop);
            libc::execvpe(program, words, environment);
        }
        io::Error::last_os_error()
    }
}

#[allow(unsafe_code)]
extern "C" fn in_new_process(plan: *mut c_void) -> c_int {
    // SAFETY: `Plan::start` passes its plan, and waits until this is over. Nothing but the fault is written
    // to its memory, and nothing that it owns is dropped here.
    unsafe {
        let plan = &*plan.cast::<Plan>();
        let fault = plan.become_command().raw_os_error().unwrap_or(libc::EINVAL);
        plan.fault.store(fault, Ordering::Relaxed);
        libc::_exit(127)
    }
}

/// Room for a few calls; and for the command line once more, since a shell starts what has no `#!` line.
const STACK: usize = 64 << 10;

/// Starts a process that becomes the command.
pub(super) fn start(launch: &Launch<'_>) -> Started {
    // No signal may be handled in it, on memory that is ours.
    let Some(signals) = launch.signals else { return Started::Unsupported };
    match Plan::new(launch, signals.mask().before()) {
        Ok(mut plan) => plan.start(None),
        Err(fault) => Started::Refused(fault),
    }
}

impl Plan {
    /// What starts a command with signals as our caller left them.
    pub(super) fn of(launch: &Launch<'_>, signals: &Signals) -> io::Result<Self> {
        Self::new(launch, signals.mask().before())
    }

    /// Starts a process that becomes the command, in the foreground of a terminal that controls us, if there is one.
    /// It allocates nothing.
    #[allow(unsafe_code)]
    pub(super) fn start(&mut self, terminal: Option<RawFd>) -> Started {
        self.parent = rustix::process::getpid().as_raw_nonzero().get();
        self.terminal = terminal;
        let top = self.stack.spare_capacity_mut().as_mut_ptr_range().end;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
        let plan: *mut Self = self;
        let mut end = -1;
        // SAFETY: the stack and the plan live until this thread goes on, which is when the new process has
        // become the command or is gone. No signal is handled in it: there are no handlers.
        let id =
            unsafe { libc::clone(in_new_process, top.cast(), flags, plan.cast(), &raw mut end) };
        if id == -1 {
            return match io::Error::last_os_error() {
                fault if UNSUPPORTED.contains(&fault.raw_os_error()) => Started::Unsupported,
                fault => Started::NoProcess(fault),
            };
        }
        match self.fault.load(Ordering::Relaxed) {
            0 => {
                // SAFETY: the kernel has just made it for us.
                let end = (end != -1).then(|| unsafe { OwnedFd::from_raw_fd(end) });
                Started::Runs(id, end)
            }
            fault => {
                // It is on its way out.
                let _ = reap(id);
                Started::Refused(io::Error::from_raw_os_error(fault))
            }
        }
    }
}

/// What clone says where it, or one of these flags, is not known: QEMU, gVisor, filters of system calls.
const UNSUPPORTED: [Option<i32>; 3] = [Some(libc::EINVAL), Some(libc::ENOSYS), Some(libc::EPERM)];
