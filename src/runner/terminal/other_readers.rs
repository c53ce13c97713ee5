//! Processes beside the command that may read our terminal: other members of our process group.

use crate::process::ProcessStat;
use rustix::process::{Pid, getpid};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// More ancestors than a process has. If a process id is reused while the processes are read, the ancestors may form a
/// ring.
const MAX_DEPTH: usize = 1000;

/// Whether another member of our process group has a terminal open to read keys. The command, descendants of it or of
/// cachex, and ancestors of cachex do not count.
pub(crate) fn exists_other_reader(command: Option<Pid>) -> bool {
    let command = command.map(|command| command.as_raw_nonzero().get());
    let processes = all();
    let own = getpid().as_raw_nonzero().get();
    let Some(group) = processes.get(&own).map(|process| process.group) else { return false };
    let is_below = |process: i32, above: i32| ancestors(&processes, process).any(|it| it == above);
    processes.iter().filter(|(_, process)| process.group == group).any(|(id, _)| {
        !is_below(*id, own)
            && !command.is_some_and(|command| is_below(*id, command))
            && !is_below(own, *id)
            && has_keys(*id)
    })
}

/// A process, its parent, and so on.
fn ancestors(processes: &BTreeMap<i32, ProcessStat>, process: i32) -> impl Iterator<Item = i32> {
    std::iter::successors(Some(process), |id| processes.get(id).map(|it| it.parent)).take(MAX_DEPTH)
}

fn all() -> BTreeMap<i32, ProcessStat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, read(id)?))).collect()
}

fn read(id: i32) -> Option<ProcessStat> {
    ProcessStat::parse(&fs::read(format!("/proc/{id}/stat")).ok()?)
}

/// Whether a process has a terminal open other than as its output.
fn has_keys(id: i32) -> bool {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    open.filter(|entry| !matches!(entry.file_name().as_bytes(), b"1" | b"2")).any(|entry| {
        let path = fs::read_link(entry.path()).unwrap_or_default();
        path.starts_with("/dev/pts") || path.as_os_str().as_bytes().starts_with(b"/dev/tty")
    })
}
