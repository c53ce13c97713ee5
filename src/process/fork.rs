//! New processes that go on with our own code.

use super::descriptors::close_all_but;
use rustix::process::Pid;
use std::io;
use std::os::fd::RawFd;

/// Does `work` in a new process, which ends right after it, without any of the code that follows in this process.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// The new process has this thread only. `work` takes no lock that another thread may hold. (The C library keeps the
/// allocator usable after a fork.)
#[allow(unsafe_code)]
pub(crate) unsafe fn in_new_process(work: impl FnOnce()) -> io::Result<Pid> {
    // SAFETY: the caller's promise.
    let id = unsafe { libc::fork() };
    if id == 0 {
        let _exit = ExitOnDrop;
        work();
    }
    // Only the parent gets here.
    Pid::from_raw(id.max(0)).ok_or_else(io::Error::last_os_error)
}

/// Like [`in_new_process`], but the new process has only these of our descriptors.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// As for [`in_new_process`], and `work` uses no other descriptor.
#[allow(unsafe_code)]
pub(crate) unsafe fn in_new_process_with(
    mut kept: Vec<RawFd>,
    work: impl FnOnce(),
) -> io::Result<Pid> {
    let serve = || {
        // SAFETY: the owners of the other descriptors belong to code that runs in the parent only.
        unsafe { close_all_but(&mut kept) };
        work();
    };
    // SAFETY: the caller's promise.
    unsafe { in_new_process(serve) }
}

/// Does `work` in a new process that shares our memory, so that none of it is copied. It goes on when this process ends,
/// and keeps the memory. A system that runs out of memory kills both or none.
///
/// # Errors
/// When there cannot be a new process.
///
/// # Safety
/// `work` makes system calls only, which succeed or do not set `errno`: both processes have the same. No signal may be
/// handled in the new process.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub(crate) unsafe fn in_process_beside(work: impl Fn() + 'static) -> io::Result<Pid> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

    /// Enough for a few calls, without optimization as well.
    const STACK_SIZE: usize = 64 << 10;

    extern "C" fn start<W: Fn()>(work: *mut libc::c_void) -> libc::c_int {
        // SAFETY: it was leaked.
        unsafe { (*work.cast::<W>())() };
        0
    }

    fn entry<W: Fn()>(_: &W) -> extern "C" fn(*mut libc::c_void) -> libc::c_int {
        start::<W>
    }

    let flags = libc::CLONE_VM | libc::SIGCHLD;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the new process has a stack of its own. Neither that nor its work is given back.
    let id = unsafe {
        let stack =
            mmap_anonymous(std::ptr::null_mut(), STACK_SIZE, protection, MapFlags::PRIVATE)?;
        let work = Box::leak(Box::new(work));
        libc::clone(entry(work), stack.byte_add(STACK_SIZE), flags, (&raw mut *work).cast())
    };
    Pid::from_raw(id.max(0)).ok_or_else(io::Error::last_os_error)
}

/// Ends this process when it is dropped, also by a panic.
struct ExitOnDrop;

impl Drop for ExitOnDrop {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: ends the process without running any more of its code.
        unsafe { libc::_exit(0) }
    }
}
