//! This machine: its programs and rights, its processes, and waiting for them.

use super::deadline::LIMIT;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Prints to standard error, which the test runner shows if the test fails.
#[allow(clippy::print_stderr, reason = "helps to understand a failure")]
pub fn say(what: impl std::fmt::Display) {
    eprintln!("{what}");
}

/// Waits until a condition holds; fails if it never does.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LIMIT, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether the process with this id is running and no zombie (Linux).
pub fn is_running(id: &str) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The path of a program in `PATH`.
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(is_program)
}

/// Whether this machine has a program. Reports that the test is skipped if not.
pub fn has(program: &str) -> bool {
    let has = found(program).is_some();
    if !has {
        skipped(program);
    }
    has
}

/// Reports that the running test is skipped, even if it passes: the test runner captures only the output of macros.
pub fn skipped(missing: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let _ = writeln!(std::io::stderr(), "skipped for lack of {missing}: {test}");
}

/// Whether this process can change to another user. Reports that the test is skipped if not.
pub fn am_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skipped("the rights of root");
    }
    is_root
}

/// Sets the permission bits of a file.
pub fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
}
