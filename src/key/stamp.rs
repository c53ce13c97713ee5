//! What the file system tells of files without reading them, and when that vouches for their content.
//!
//! A change moves the time that the kernel itself keeps, and nobody can set that back; but two changes
//! within a step of its clock leave the same. So a stamp means anything only if it was old already when
//! the file was read. A write through a shared memory mapping may move no time at all.

use std::io;
use std::os::fd::AsFd;

/// What the file system tells of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// The device that holds it.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content changed, in nanoseconds since the epoch, as anyone may set it.
    pub modified: i128,
    /// When anything of it changed, in nanoseconds since the epoch, as the kernel keeps it.
    pub changed: i128,
}

/// The kernel's clock moves in steps of up to 10 ms, times in some file systems in steps of a second.
const SETTLED_AFTER_NANOS: i128 = 2_000_000_000;

impl FileStamp {
    /// The stamp of an open file.
    ///
    /// # Errors
    /// As the system.
    pub fn of_open(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "field types vary by platform"
    )]
    pub(super) fn of(stat: &rustix::fs::Stat) -> Self {
        let nanos =
            |seconds: i64, nanos: u64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: nanos(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
            changed: nanos(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
        }
    }

    /// Whether the file had been left alone for long enough at `now` (nanoseconds since the epoch).
    pub(super) fn is_settled(&self, now: i128) -> bool {
        self.changed.max(self.modified) + SETTLED_AFTER_NANOS < now
    }

    /// Appends all of it, in 56 bytes.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let Self { device, inode, size, modified, changed } = self;
        for number in [device, inode, size] {
            out.extend(number.to_le_bytes());
        }
        for moment in [modified, changed] {
            out.extend(moment.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;
    const NOON: i128 = 1_700_000_000 * SECOND;

    fn stamp(modified: i128, changed: i128) -> FileStamp {
        FileStamp { device: 1, inode: 2, size: 3, modified, changed }
    }

    #[test]
    fn a_stamp_vouches_once_the_last_change_is_well_past() {
        let fresh = stamp(NOON, NOON);
        assert!(!fresh.is_settled(NOON + 2 * SECOND));
        assert!(fresh.is_settled(NOON + 2 * SECOND + 1));
        assert!(!stamp(0, NOON).is_settled(NOON - SECOND), "the clock was set back");
    }
}
