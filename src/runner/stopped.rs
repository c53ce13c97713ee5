//! A command that has stopped, and cachex with it: somebody has to see it go on, or die.
//!
//! Whoever had the command stopped may know its number and not that of cachex. So a small process looks at the command
//! meanwhile, and continues cachex when it is no longer stopped.

use std::mem::MaybeUninit;

/// The process that looks at a stopped command. It ends with this.
pub(super) struct Lookout(libc::pid_t);

impl Lookout {
    /// Begins to look. All signals have to be blocked.
    #[allow(unsafe_code)]
    pub(super) fn begin(command: i32) -> Option<Self> {
        let path = format!("/proc/{command}/stat\0");
        let cachex = rustix::process::getpid().as_raw_nonzero().get();
        // SAFETY: the new process makes only system calls, on its stack, until it leaves by `_exit`.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => unsafe { look(path.as_ptr().cast(), cachex) },
            id => Some(Self(id)),
        }
    }
}

impl Drop for Lookout {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: plain system calls, on a child that was not waited for.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, std::ptr::null_mut(), 0);
        }
    }
}

/// Looks every tenth of a second, and continues cachex when the process whose state is told at `path` is not stopped.
///
/// # Safety
/// For the new process. `path` ends with a zero. It allocates nothing, and takes no lock.
#[allow(unsafe_code)]
unsafe fn look(path: *const libc::c_char, cachex: libc::pid_t) -> ! {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    // SAFETY: plain system calls, with memory that lives here.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        while libc::getppid() == cachex {
            if !is_stopped(path) {
                // Again and again: a stop that comes just after it takes it back.
                libc::kill(cachex, libc::SIGCONT);
            }
            libc::nanosleep(&raw const pause, std::ptr::null_mut());
        }
        libc::_exit(0)
    }
}

/// # Safety
/// As for `look`.
#[allow(unsafe_code)]
unsafe fn is_stopped(path: *const libc::c_char) -> bool {
    let mut stat = [MaybeUninit::<u8>::uninit(); 512];
    // SAFETY: plain system calls. The bytes that were read are initialized.
    let stat = unsafe {
        let file = libc::open(path, libc::O_RDONLY | libc::O_CLOEXEC);
        let count = libc::read(file, stat.as_mut_ptr().cast(), stat.len());
        libc::close(file);
        let count = usize::try_from(count).unwrap_or(0);
        std::slice::from_raw_parts(stat.as_ptr().cast::<u8>(), count)
    };
    // The name before the state may hold anything.
    let end_of_name = stat.iter().rposition(|byte| *byte == b')');
    let state = end_of_name.and_then(|at| stat.get(at + 2));
    matches!(state, Some(b'T' | b't'))
}
