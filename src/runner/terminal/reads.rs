//! Whether our own terminal was read: a command that reads it has asked the user something.
//!
//! There is no event for that. But the kernel keeps the date of the last read, and updates it once in every span of
//! eight seconds. So the date is first set to a value that no read leaves.

use crate::opening::open_to_read;
use crate::process::ProcessStat;
use crate::process_group::is_our_terminal;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fstat, futimens};
use std::fs;

/// The date of the last read of a terminal.
pub(super) struct TerminalReads {
    terminal: OwnedFd,
    /// The date that was set, which stays until the terminal is read.
    set: Option<(i64, i64)>,
}

/// The nanoseconds of a date that was set here. A read leaves whole seconds.
const MARK: i64 = 7;

/// The kernel updates the date once in a span of this many seconds.
const SPAN: i64 = 8;

impl TerminalReads {
    /// Watches the terminal that controls us.
    pub(super) fn of_controlling() -> Option<Self> {
        let terminal: OwnedFd = open_to_read(CWD, path_of_controlling()?, OFlags::empty()).ok()?;
        // In a container another terminal may have this name.
        is_our_terminal(terminal.as_fd()).then_some(Self { terminal, set: None })
    }

    /// Watches this terminal, which was opened by its own name.
    pub(super) fn of(terminal: BorrowedFd<'_>) -> Option<Self> {
        let terminal = terminal.try_clone_to_owned().ok()?;
        Some(Self { terminal, set: None })
    }

    /// Whether the terminal was read since the first call of this, or since `forget`.
    pub(super) fn were_made(&mut self) -> bool {
        if self.set.is_none() {
            self.set_back();
            return false;
        }
        self.set.is_some_and(|set| self.now().is_some_and(|now| now != set))
    }

    /// Forgets all reads until now.
    pub(super) fn forget(&mut self) {
        self.set = None;
    }

    fn now(&self) -> Option<(i64, i64)> {
        let date = |stat: Stat| (stat.st_atime, stat.st_atime_nsec.cast_signed());
        fstat(&self.terminal).ok().map(date)
    }

    fn set_back(&mut self) {
        let Some((seconds, nanoseconds)) = self.now() else { return };
        // Another call of cachex may have set the date. Only the owner of the terminal can set it.
        let is_set = nanoseconds == MARK || {
            let date = Timespec { tv_sec: seconds - SPAN, tv_nsec: MARK };
            let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
            let dates = Timestamps { last_access: date, last_modification: omit };
            futimens(&self.terminal, &dates).is_ok()
        };
        self.set = if is_set { self.now().filter(|(_, rest)| *rest == MARK) } else { None };
    }
}

/// The path of the terminal that controls us, if it is a pseudo-terminal.
fn path_of_controlling() -> Option<String> {
    /// The device numbers of pseudo-terminals.
    const MAJORS: std::ops::RangeInclusive<u32> = 136..=143;
    let own = ProcessStat::parse(&fs::read("/proc/self/stat").ok()?)?;
    let device = own.terminal.cast_unsigned();
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    let number = || (major - MAJORS.start()) * 256 + minor;
    MAJORS.contains(&major).then(|| format!("/dev/pts/{}", number()))
}
