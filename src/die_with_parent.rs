//! Processes that end with this one, however it ends.

use std::process::Command;

/// Has the process of the command killed when this one ends, by kill -9 too, where the system can do
/// that. Only the process itself: what it starts is its own affair.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn arrange(command: &mut Command) {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    use std::os::unix::process::CommandExt;
    let cachex = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Killed before it could be asked for?
        if getppid() == Some(cachex) { Ok(()) } else { Err(std::io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(ask) };
}

/// Elsewhere nothing is tied.
#[cfg(not(target_os = "linux"))]
pub fn arrange(_: &mut Command) {}
