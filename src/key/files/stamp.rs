//! Stamps of files, which need no reading of the files, and when a stamp vouches for the content.
//!
//! A change of a file moves its change time (ctime), which nobody can set back; but two changes within one tick of the
//! kernel's clock leave the same time. So a stamp counts only if it was already old when the file was read. A write
//! through a shared memory mapping may not change any time.

use crate::key::digest::Digest;
use crate::key::encoding::{Encode, bytes_of};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// The identity, size and times of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// The device that holds it.
    pub device: u64,
    /// Its inode on that device.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The modification time, in nanoseconds since the epoch. Anyone who owns the file may set it.
    pub modified: i128,
    /// The change time, in nanoseconds since the epoch. Only the kernel sets it.
    pub changed: i128,
}

/// The kernel's clock ticks every 10 ms at the slowest; some file systems keep whole seconds, and FAT even seconds.
const SETTLED_AFTER_NANOS: i128 = 2_000_000_000;

/// File systems and images that keep no times report one within the first day of the epoch.
const FIRST_DAY_NANOS: i128 = 86_400_000_000_000;

impl FileStamp {
    /// The stamp of an open file.
    ///
    /// # Errors
    /// When a system call fails.
    pub fn of_open(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "field types vary by platform"
    )]
    pub(crate) fn of(stat: &rustix::fs::Stat) -> Self {
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
    pub(crate) fn is_settled(&self, now: i128) -> bool {
        self.changed.max(self.modified) + SETTLED_AFTER_NANOS < now
    }

    /// Like [`is_settled`](Self::is_settled), for a file system that [keeps change times](keeps_change_times). The
    /// modification time does not matter there.
    pub(crate) fn vouches(&self, now: i128) -> bool {
        FIRST_DAY_NANOS < self.changed && self.changed + SETTLED_AFTER_NANOS < now
    }

    /// Whether this stamp, which the open file had at `now`, vouches for its content since then.
    pub fn vouches_for_open(&self, file: impl AsFd, now: Timestamp) -> bool {
        self.vouches(i128::from(now.as_millis()) * 1_000_000) && Self::is_kept_for(file)
    }

    /// Whether this open file lies on a file system that keeps change times.
    pub fn is_kept_for(file: impl AsFd) -> bool {
        rustix::fs::fstatfs(file).is_ok_and(|system| is_known(&system))
    }
}

impl Encode for FileStamp {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self { device, inode, size, modified, changed } = self;
        for number in [device, inode, size] {
            number.encode(out);
        }
        for moment in [modified, changed] {
            out.extend_from_slice(&moment.to_le_bytes());
        }
    }
}

/// The stamp of one file, or of many as one, under which a digest is remembered. The two kinds are never equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<u8>);

impl Stamp {
    /// The stamp of many files as one, given the digest of their stamps.
    pub(crate) fn of_many(stamps: Digest) -> Self {
        Self(stamps.as_bytes().to_vec())
    }

    /// The bytes that are stored and compared.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&FileStamp> for Stamp {
    fn from(stamp: &FileStamp) -> Self {
        Self(bytes_of(stamp))
    }
}

/// The devices that hold files, and whether they keep change times: each is asked once.
#[derive(Default)]
pub(crate) struct Devices(BTreeMap<u64, bool>);

impl Devices {
    /// Whether the device of this file [keeps change times](keeps_change_times).
    pub(super) fn keep_times(&mut self, path: &Path, stamp: &FileStamp) -> bool {
        *self.0.entry(stamp.device).or_insert_with(|| keeps_change_times(path))
    }

    /// Whether a change of this file moves its change time. File systems without change times report the modification
    /// time in place of it.
    pub(crate) fn tell_changes(&mut self, path: &Path, stamp: &FileStamp) -> bool {
        stamp.changed != stamp.modified || self.keep_times(path, stamp)
    }
}

/// [`Devices::tell_changes`] for a single file.
pub(crate) fn tells_changes(path: &Path, stamp: &FileStamp) -> bool {
    Devices::default().tell_changes(path, stamp)
}

/// Whether this file lies on a file system that is known to keep change times: it records every change at once, by the
/// clock of this machine, in a time that nobody can set.
///
/// A network file system may report old times. FAT and mounted archives have no change time. An overlay is as good as
/// the file systems below it, but there is no way to learn which these are.
fn keeps_change_times(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|system| is_known(&system))
}

#[cfg(target_os = "linux")]
fn is_known(system: &rustix::fs::StatFs) -> bool {
    const EXT: u64 = 0xef53;
    const XFS: u64 = 0x5846_5342;
    const BTRFS: u64 = 0x9123_683e;
    const ZFS: u64 = 0x2fc1_2fc1;
    const F2FS: u64 = 0xf2f5_2010;
    const BCACHEFS: u64 = 0xca45_1a4e;
    const TMPFS: u64 = 0x0102_1994;
    // The width and the sign of this field vary by platform.
    #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "it varies by platform")]
    let kind = system.f_type as u64 & 0xffff_ffff;
    [EXT, XFS, BTRFS, ZFS, F2FS, BCACHEFS, TMPFS].contains(&kind)
}

#[cfg(target_os = "macos")]
fn is_known(system: &rustix::fs::StatFs) -> bool {
    let name = system.f_fstypename.iter().map(|byte| byte.to_ne_bytes()[0]);
    name.take_while(|byte| *byte != 0).eq(*b"apfs")
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn is_known(_: &rustix::fs::StatFs) -> bool {
    false
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
        assert!(!fresh.is_settled(NOON + SECOND) && !fresh.vouches(NOON + SECOND));
        assert!(!fresh.is_settled(NOON + 2 * SECOND) && !fresh.vouches(NOON + 2 * SECOND));
        assert!(fresh.is_settled(NOON + 2 * SECOND + 1) && fresh.vouches(NOON + 2 * SECOND + 1));
    }

    #[test]
    fn a_change_in_the_future_vouches_for_nothing() {
        assert!(!stamp(NOON, NOON).vouches(NOON - SECOND), "the clock was set back");
        assert!(!stamp(0, NOON).is_settled(NOON - SECOND));
    }

    #[test]
    fn the_modification_time_does_not_matter_where_change_times_are_kept() {
        let from_an_archive = stamp(2 * NOON, NOON);
        assert!(from_an_archive.vouches(NOON + 3 * SECOND));
        assert!(!from_an_archive.is_settled(NOON + 3 * SECOND));
        let put_back = stamp(0, NOON);
        assert!(!put_back.vouches(NOON + SECOND) && !put_back.is_settled(NOON + SECOND));
    }

    #[test]
    fn a_time_of_the_first_day_vouches_for_nothing() {
        assert!(!stamp(0, 0).vouches(NOON) && !stamp(NOON, SECOND).vouches(NOON));
    }

    #[test]
    fn all_of_a_stamp_is_compared() {
        let one = stamp(NOON, NOON);
        let others = [
            FileStamp { device: 9, ..one },
            FileStamp { inode: 9, ..one },
            FileStamp { size: 9, ..one },
            stamp(NOON + 1, NOON),
            stamp(NOON, NOON + 1),
        ];
        for other in others {
            assert_ne!(Stamp::from(&one), Stamp::from(&other));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn equal_times_show_changes_only_where_change_times_are_kept() {
        let tells = |changed, path: &str| tells_changes(Path::new(path), &stamp(NOON, changed));
        assert!(!tells(NOON, "/proc/self/limits"));
        assert!(tells(NOON + 1, "/proc/self/limits"));
        let here = tempfile::NamedTempFile::new().expect("a file");
        let path = here.path().to_str().expect("UTF-8");
        assert!(tells(NOON, path), "is {path} on a disk of this machine?");
    }

    #[test]
    fn unknown_file_systems_do_not_keep_change_times() {
        assert!(!keeps_change_times(Path::new("/none/such")));
        #[cfg(target_os = "linux")]
        assert!(!keeps_change_times(Path::new("/proc/self")));
    }
}
