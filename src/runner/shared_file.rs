//! Seeing how much the command reads of a file that it shares with us.

use super::Unrecorded;
use crate::entry::{Condition, Kind};
use crate::stdin::FileRange;
use std::os::fd::OwnedFd;

/// A file that the command has as standard input.
pub(super) struct Watch {
    before: FileRange,
    reads: Option<OwnedFd>,
}

impl Watch {
    pub(super) fn begin(before: FileRange) -> Self {
        Self { before, reads: watch_reads() }
    }

    /// What the command's result holds for. The offset, which the command shares with us, tells
    /// how far it got; a read that went back to where it began is seen by its event.
    pub(super) fn end(self) -> Result<Condition, Unrecorded> {
        let now = FileRange::now().map_err(|_| Unrecorded::StdinUnknown)?;
        if now.stamp != self.before.stamp {
            return Err(Unrecorded::StdinUnknown);
        }
        if self.before.is_empty() {
            return Ok(Condition::StdinEmpty(Kind::File));
        }
        if now.start == self.before.start {
            return match self.reads.as_ref().map(was_read) {
                Some(false) => Ok(Condition::StdinUnread),
                Some(true) => Err(Unrecorded::StdinPart),
                None => Err(Unrecorded::StdinUnknown),
            };
        }
        if !now.is_empty() {
            return Err(Unrecorded::StdinPart);
        }
        self.before.content().map_err(|_| Unrecorded::StdinUnknown)
    }
}

#[cfg(target_os = "linux")]
fn watch_reads() -> Option<OwnedFd> {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
    let reads = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    add_watch(&reads, "/proc/self/fd/0", WatchFlags::ACCESS).ok()?;
    Some(reads)
}

#[cfg(target_os = "linux")]
fn was_read(reads: &OwnedFd) -> bool {
    rustix::io::ioctl_fionread(reads).map_or(true, |bytes| bytes > 0)
}

/// Elsewhere the offset has to do.
#[cfg(not(target_os = "linux"))]
fn watch_reads() -> Option<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).ok()
}

#[cfg(not(target_os = "linux"))]
fn was_read(_: &OwnedFd) -> bool {
    false
}
