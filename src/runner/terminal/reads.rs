//! Whether anybody reads our own terminal: a command that does has asked a person something.
//!
//! No event tells. But the kernel notes when a terminal was last read, if that is in another span of eight seconds
//! than what it noted before. So that date is set back at first, to one that no read gives.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fstat, futimens};
use rustix::termios::tcgetpgrp;
use std::fs::read_to_string;

/// When a terminal was last read, as it is noted.
pub(super) struct Reads {
    terminal: OwnedFd,
    /// The date that stays while nobody reads.
    set: Option<(i64, i64)>,
}

/// Of the dates that are set here: those of a read are whole seconds.
const MARK: i64 = 7;

/// The kernel notes no later date in the same span of so many seconds.
const SPAN: i64 = 8;

impl Reads {
    /// Those of the terminal that controls us.
    pub(super) fn of_controlling() -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(path_of_controlling()?, flags, Mode::empty()).ok()?;
        // In a container the same name may be that of another one.
        tcgetpgrp(&terminal).is_ok().then_some(Self { terminal, set: None })
    }

    /// Those of this terminal, as it was opened by its own name.
    pub(super) fn of(terminal: impl AsFd) -> Option<Self> {
        let terminal = rustix::io::fcntl_dupfd_cloexec(terminal, 3).ok()?;
        Some(Self { terminal, set: None })
    }

    /// Whether there was one since this was asked first, or since `forget`.
    pub(super) fn were_there(&mut self) -> bool {
        if self.set.is_none() {
            self.set_back();
            return false;
        }
        self.set.is_some_and(|set| self.now().is_some_and(|now| now != set))
    }

    /// Counts only what comes next.
    pub(super) fn forget(&mut self) {
        self.set = None;
    }

    fn now(&self) -> Option<(i64, i64)> {
        let date = |stat: Stat| (stat.st_atime, stat.st_atime_nsec.cast_signed());
        fstat(&self.terminal).ok().map(date)
    }

    fn set_back(&mut self) {
        let Some((seconds, nanoseconds)) = self.now() else { return };
        // Another call of cachex may have done so. Only the owner can.
        let is_set = nanoseconds == MARK || {
            let date = Timespec { tv_sec: seconds - SPAN, tv_nsec: MARK };
            let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
            let dates = Timestamps { last_access: date, last_modification: omit };
            futimens(&self.terminal, &dates).is_ok()
        };
        self.set = if is_set { self.now().filter(|(_, rest)| *rest == MARK) } else { None };
    }
}

/// Where the terminal that controls us is, if it is one of those that are made for a window.
fn path_of_controlling() -> Option<String> {
    /// The numbers of their kind.
    const MAJORS: std::ops::RangeInclusive<u32> = 136..=143;
    let stat = read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let device: u32 = rest.split_whitespace().nth(4)?.parse::<i32>().ok()?.cast_unsigned();
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
    let number = || (major - MAJORS.start()) * 256 + minor;
    MAJORS.contains(&major).then(|| format!("/dev/pts/{}", number()))
}
