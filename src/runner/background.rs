//! Work that goes on after this process, out of the caller's sight.

use super::signals;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::setsid;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

/// Does `work` in a new process that nothing of our caller's reaches: it has a session of its own,
/// this standard input, no output, and none of the descriptors that we were given. All that is so
/// when this returns.
///
/// # Errors
/// When there cannot be a new process.
#[allow(unsafe_code)]
pub fn in_background(stdin: &OwnedFd, work: impl FnOnce()) -> io::Result<()> {
    let (detached, attached) = pipe_with(PipeFlags::CLOEXEC)?;
    // SAFETY: cachex is a single thread here, so the new process may do anything that this one may;
    // it never returns from this function.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let is_detached = detach(stdin).is_ok();
            drop((detached, attached));
            if is_detached {
                // A panic must not unwind into what the other process is doing.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            }
            // SAFETY: leaves without running what the other process will run.
            unsafe { libc::_exit(0) }
        }
        _ => {
            drop(attached);
            // The end comes as soon as nobody holds the other side.
            while rustix::io::read(&detached, &mut [0]) == Err(Errno::INTR) {}
            Ok(())
        }
    }
}

fn detach(stdin: &OwnedFd) -> io::Result<()> {
    signals::reset();
    setsid()?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    dup2_stdin(stdin)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    close_inherited();
    Ok(())
}

/// Lets go of what our caller gave us beside the standard streams: somebody may wait for its end.
#[allow(unsafe_code)]
fn close_inherited() {
    const LIKELY: RawFd = 256;
    let listed = fs::read_dir("/dev/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter_map(|name| name.parse().ok()).collect::<Vec<RawFd>>()
    });
    for fd in listed.unwrap_or_else(|_| (0..LIKELY).collect()) {
        // SAFETY: only asks for the flags of a descriptor, which may not be open any more.
        let flags = rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(fd) });
        // What cachex itself opens is not passed on to commands: the rest is not its own.
        if fd > 2 && flags.is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)) {
            // SAFETY: nothing here owns the descriptor.
            unsafe { libc::close(fd) };
        }
    }
}
