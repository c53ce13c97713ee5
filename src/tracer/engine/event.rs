//! What a process of the command is about to do, with whole paths. Plain data.

use crate::inputs::{Doubt, Look, RenameKind, WriteKind};
use std::os::fd::RawFd;

/// What a process is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TraceEvent {
    /// It asks something of a path.
    Look { path: Vec<u8>, follow: bool, look: Look },
    /// It uses an open file by its name, or asks for that. The path has no links.
    Name { path: Vec<u8> },
    /// It executes a program. `directory`: its working directory, unless that was removed.
    Execute { path: Vec<u8>, follow: bool, directory: Option<Vec<u8>> },
    /// It changes what a path leads to.
    Write { path: Vec<u8>, follow: bool, kind: WriteKind },
    /// It renames something.
    Rename { source: Vec<u8>, target: Vec<u8>, kind: RenameKind },
    /// It makes a hard link.
    Link { source: Vec<u8>, follow: bool, target: Vec<u8> },
    /// It makes a socket, at which other processes can reach it.
    Bind { path: Vec<u8> },
    /// It connects to the process behind a socket.
    Connect { path: Vec<u8> },
    /// It uses this descriptor, which it inherited.
    Use { descriptor: RawFd },
    /// It uses the network. `None`: it is not known yet with whom it talks.
    Network { peer: Option<String> },
    /// It opens a terminal: that of its session, or another.
    OpenTerminal { is_other: bool },
    /// It has closed the terminal that it opened last, and has not used it.
    LeaveTerminal,
    /// It makes a file system, which may be its own.
    Mount,
    /// It does something that files do not tell of.
    Doubt(Doubt),
}

impl TraceEvent {
    /// Whether it does no harm to take it from another process, one with the number of a process that has just ended: a
    /// condition more at worst.
    pub(super) fn is_look(&self) -> bool {
        matches!(self, Self::Look { .. } | Self::Use { .. })
    }
}

impl From<Doubt> for TraceEvent {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}
