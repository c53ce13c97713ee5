//! On Linux: as `posix_spawn` does it, and what that cannot do.
//!
//! A fork copies all page tables, and every page that is written to after it: a tenth of the time of a short
//! miss. Here the new process borrows our memory instead, and we stand still until it has become the command. So
//! all that it needs is made ready before, and it does nothing but system calls.

use super::{Launch, Standard};
use crate::exit::Exit;
use crate::inherited;
use crate::runner::child::SpawnError;
use crate::runner::ready::watch;
use std::ffi::{CString, OsString, c_char, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A running command.
pub(in crate::runner) struct Process {
    id: libc::pid_t,
    /// Readable when it has ended. Older kernels have none.
    end: Option<AsyncFd<OwnedFd>>,
    has_ended: bool,
}

/// How often an older kernel is asked.
const LOOK: Duration = Duration::from_millis(5);

impl Process {
    /// Starts a command.
    ///
    /// # Errors
    /// Why the system does not execute it.
    pub(in crate::runner) fn start(launch: Launch<'_>) -> Result<Self, SpawnError> {
        let (id, end) = vfork(&launch)?;
        // What the command has is not ours any more.
        drop(launch);
        let end = end.and_then(|end| watch(end, Interest::READABLE).ok());
        Ok(Self { id, end, has_ended: false })
    }

    /// Waits for its end. Whoever stops waiting may begin again.
    pub(in crate::runner) async fn wait(&mut self) -> io::Result<Exit> {
        match &self.end {
            Some(end) => _ = end.readable().await?,
            None => {
                while !self.is_at_its_end() {
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
        self.has_ended = true;
        reap(self.id)
    }

    /// Its number, as long as nobody else can have it.
    pub(in crate::runner) fn id(&self) -> Option<libc::pid_t> {
        (!self.has_ended).then_some(self.id)
    }

    #[allow(unsafe_code)]
    fn is_at_its_end(&self) -> bool {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        let id = libc::id_t::from(self.id.unsigned_abs());
        // SAFETY: the call fills the struct, for which zero is a value: nothing has happened yet.
        unsafe {
            libc::waitid(libc::P_PID, id, info.as_mut_ptr(), options) == 0
                && info.assume_init().si_pid() == self.id
        }
    }
}

/// Takes the exit of a process that has ended.
#[allow(unsafe_code)]
fn reap(id: libc::pid_t) -> io::Result<Exit> {
    let mut status = 0;
    loop {
        // SAFETY: the call fills the number.
        if unsafe { libc::waitpid(id, &raw mut status, 0) } == id {
            return Ok(ExitStatus::from_raw(status).into());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// What the new process needs. It reads all of it in our memory, and writes the fault.
struct Plan {
    program: CString,
    words: Words,
    /// `None`: ours.
    environment: Option<Words>,
    standard: [Step; 3],
    /// What signals do in the command, but for the one that stops it.
    signals: Vec<(c_int, libc::sighandler_t)>,
    /// Whether that one was caught.
    catches_stop: bool,
    /// The signals that our caller blocked.
    blocked: libc::sigset_t,
    parent: libc::pid_t,
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
        let variable = |(name, value): &(OsString, OsString)| {
            [name.as_bytes(), b"=", value.as_bytes()].concat()
        };
        let environment = launch.environment.as_ref();
        let caught = launch.caught.iter().filter(|signal| **signal != libc::SIGTSTP);
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
            signals: caught
                .map(|signal| (*signal, libc::SIG_DFL))
                .chain(inherited::actions())
                .collect(),
            catches_stop: launch.caught.contains(&libc::SIGTSTP),
            blocked,
            parent: rustix::process::getpid().as_raw_nonzero().get(),
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
            if self.catches_stop {
                // Stopped here it could not let us go on, and nobody could continue us. What comes a moment
                // later finds the command.
                libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            }
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
                    Step::Replace(with) => libc::dup2(*with, fd),
                };
                if done == -1 {
                    return io::Error::last_os_error();
                }
            }
            libc::sigprocmask(libc::SIG_SETMASK, &raw const self.blocked, std::ptr::null_mut());
            if self.catches_stop {
                libc::signal(libc::SIGTSTP, libc::SIG_DFL);
            }
            // Killed before that could be asked for?
            if libc::getppid() != self.parent {
                return io::Error::from_raw_os_error(libc::EINTR);
            }
            let environment = self.environment.as_ref().map(|words| words.pointers.as_ptr());
            libc::execvpe(
                self.program.as_ptr(),
                self.words.pointers.as_ptr(),
                environment.unwrap_or(environ),
            );
        }
        io::Error::last_os_error()
    }
}

#[allow(unsafe_code)]
extern "C" fn in_new_process(plan: *mut c_void) -> c_int {
    // SAFETY: `vfork` below passes its plan, and waits until this is over. Nothing but the fault is written
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

/// Starts a process that becomes the command. With it comes what tells of its end.
#[allow(unsafe_code)]
fn vfork(launch: &Launch<'_>) -> Result<(libc::pid_t, Option<OwnedFd>), SpawnError> {
    let blocked = block_all().map_err(SpawnError::Other)?;
    let started = Plan::new(launch, blocked).map_err(SpawnError::Refused).and_then(|mut plan| {
        let room = STACK + plan.words.pointers.len() * size_of::<*const c_char>();
        let mut stack = Vec::<MaybeUninit<u128>>::with_capacity(room / size_of::<u128>());
        let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
        let mut end = -1;
        // SAFETY: the stack and the plan live until this thread goes on, which is when the new process has
        // become the command or is gone. No signal is handled in it: all are blocked until none is caught.
        let id = unsafe {
            libc::clone(in_new_process, top.cast(), flags, (&raw mut plan).cast(), &raw mut end)
        };
        if id == -1 {
            return Err(SpawnError::Other(io::Error::last_os_error()));
        }
        // SAFETY: the kernel made it for us, unless it is too old.
        let end = (end != -1).then(|| unsafe { OwnedFd::from_raw_fd(end) });
        match plan.fault.load(Ordering::Relaxed) {
            0 => Ok((id, end)),
            fault => {
                // It is on its way out.
                let _ = reap(id);
                Err(SpawnError::Refused(io::Error::from_raw_os_error(fault)))
            }
        }
    });
    // SAFETY: a plain system call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const blocked, std::ptr::null_mut()) };
    started
}

/// Blocks all signals; those that were.
#[allow(unsafe_code)]
fn block_all() -> io::Result<libc::sigset_t> {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: the calls fill the sets, which are read only if they did.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        match libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) {
            0 => Ok(before.assume_init()),
            fault => Err(io::Error::from_raw_os_error(fault)),
        }
    }
}
