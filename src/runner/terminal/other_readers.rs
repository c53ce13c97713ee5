//! Processes beside the command that may read our terminal: other members of our process group.

use crate::process::ProcessStat;
use rustix::process::{Pid, getpid};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// More ancestors than a process has. If a process id is reused while the processes are read, the ancestors may form a
/// ring.
const MAX_DEPTH: usize = 1000;

/// Whether another member of our process group has opened a terminal to read keys. The command, descendants of it or of
/// cachex, and ancestors of cachex do not count.
pub(crate) fn exists_other_reader(command: Option<Pid>) -> bool {
    let command = command.map(|command| command.as_raw_nonzero().get());
    let processes = all();
    let own = getpid().as_raw_nonzero().get();
    let Some(group) = processes.get(&own).map(|process| process.group) else { return false };
    let is_below = |process: i32, above: i32| ancestors(&processes, process).any(|it| it == above);
    processes.iter().filter(|(_, process)| process.group == group).any(|(id, process)| {
        !is_below(*id, own)
            && !command.is_some_and(|command| is_below(*id, command))
            && !is_below(own, *id)
            && has_opened_keys(*id, process.parent)
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

/// Whether a process has opened a terminal itself, as pagers do. Its standard streams do not count, nor does a terminal
/// that it has from its parent: a shell keeps one open, and so do its subshells. What cannot be read is no reader.
fn has_opened_keys(id: i32, parent: i32) -> bool {
    let (Some(open), Some(inherited)) = (terminals(id), terminals(parent)) else { return false };
    open.iter().any(|fd| !matches!(fd.as_bytes(), b"0" | b"1" | b"2") && !inherited.contains(fd))
}

/// The descriptors of a process that are terminals.
fn terminals(id: i32) -> Option<Vec<OsString>> {
    let open = fs::read_dir(format!("/proc/{id}/fd")).ok()?.flatten();
    let terminals = open.filter(|entry| {
        let path = fs::read_link(entry.path()).unwrap_or_default();
        path.starts_with("/dev/pts") || path.as_os_str().as_bytes().starts_with(b"/dev/tty")
    });
    Some(terminals.map(|entry| entry.file_name()).collect())
}
