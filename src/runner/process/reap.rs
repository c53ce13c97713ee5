//! Taking the exit of a process of ours that has ended, or is about to.

use crate::exit::Exit;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// Waits for the end of a child and takes its exit.
#[allow(unsafe_code)]
pub(in crate::runner) fn reap(id: libc::pid_t) -> io::Result<Exit> {
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
