//! Processes that end with cachex, however it ends, `kill -9` included.
//!
//! Only Linux can do that. Processes that such a process starts itself are not affected.

use std::process::Command;

/// Has the process of a command killed when the process that starts it ends.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn arrange(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe { command.pre_exec(move || arrange_here(parent)) };
}

/// Has this process killed when its parent ends.
///
/// # Errors
/// When the parent has ended already.
#[cfg(target_os = "linux")]
pub fn arrange_here(parent: rustix::process::Pid) -> std::io::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == Some(parent) { Ok(()) } else { Err(std::io::ErrorKind::Interrupted.into()) }
}

/// Other systems cannot do this.
#[cfg(not(target_os = "linux"))]
pub fn arrange(_: &mut Command) {}

/// Other systems cannot do this.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn arrange_here(_: rustix::process::Pid) -> std::io::Result<()> {
    Ok(())
}
