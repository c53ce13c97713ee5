//! Terminals that are opened and closed again without being used: bash does that whenever it starts.
//!
//! What a process reads and writes is not reported. But the system counts its reads and writes, and lists what it has open.
//! A thread that opens a terminal is looked at before its open and again at its next call. Nothing was asked if it has
//! the same terminals open, has read and written nothing, and has no child that it did not have before.

use super::event::TraceEvent;
use crate::inputs::Look;
use rustix::fs::{FileType, major, stat};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// The terminal of the session of whoever asks.
pub(super) const TERMINAL: &[u8] = b"/dev/tty";

/// The major numbers of terminals: consoles, the controlling terminal, and both sides of pseudo-terminals.
const TERMINALS: [u32; 10] = [4, 5, 136, 137, 138, 139, 140, 141, 142, 143];

/// The threads that have opened a terminal, and how they were before.
#[derive(Debug, Default)]
pub(super) struct TerminalWatch(HashMap<i32, Option<Standing>>);

/// What is known of a process.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    /// The descriptors that lead to terminals.
    terminals: BTreeSet<i32>,
    /// How often it has read and written.
    transfers: [u64; 2],
    /// Page faults of children that it has waited for: none has ended without one.
    faults_of_children: [u64; 2],
    children: Vec<u8>,
}

impl TerminalWatch {
    /// What a thread is about to do, which is noted if that is to open a terminal.
    pub(super) fn begins(&mut self, thread: i32, event: TraceEvent) -> TraceEvent {
        let (TraceEvent::Look { path, look: Look::Content, .. } | TraceEvent::Write { path, .. }) =
            &event
        else {
            return event;
        };
        if !path.starts_with(b"/dev/") || !is_terminal(path) {
            return event;
        }
        self.0.entry(thread).or_insert_with(|| Standing::of(thread));
        TraceEvent::OpenTerminal { is_other: path != TERMINAL }
    }

    /// A thread makes its next call. Whether it has left the terminal that it opened unused; `None` if it opened none.
    pub(super) fn goes_on(&mut self, thread: i32) -> Option<bool> {
        if self.0.is_empty() {
            return None;
        }
        let before = self.0.remove(&thread)?;
        Some(before.is_some() && before == Standing::of(thread))
    }
}

impl Standing {
    fn of(thread: i32) -> Option<Self> {
        let process = Path::new("/proc").join(thread.to_string());
        let transfers = fs::read_to_string(process.join("io")).ok()?;
        let counter = |name: &str| {
            let line = transfers.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.trim().parse().ok())
        };
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        // The name before the fields may hold spaces; they begin with the state.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let faults = |place: usize| fields.get(place)?.parse().ok();
        let children = fs::read(process.join(format!("task/{thread}/children"))).ok()?;
        let mut terminals = BTreeSet::new();
        for descriptor in fs::read_dir(process.join("fd")).ok()? {
            let descriptor = descriptor.ok()?;
            let number = descriptor.file_name().to_str()?.parse().ok()?;
            if is_terminal(descriptor.path().as_os_str().as_encoded_bytes()) {
                terminals.insert(number);
            }
        }
        Some(Self {
            terminals,
            transfers: [counter("syscr:")?, counter("syscw:")?],
            faults_of_children: [faults(8)?, faults(10)?],
            children,
        })
    }
}

fn is_terminal(path: &[u8]) -> bool {
    stat(path).is_ok_and(|found| {
        FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice
            && TERMINALS.contains(&major(found.st_rdev))
    })
}
