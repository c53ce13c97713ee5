//! What the file system tells of files without reading them, and when that vouches for their content.
//!
//! A change moves the time that the kernel itself keeps, and nobody can set that back; but two changes
//! within a step of its clock leave the same. So a stamp means anything only if it was old already when
//! the file was read. A write through a shared memory mapping may move no time at all.

use crate::key::digest::Digest;
use crate::key::encoding::{Encode, Encoder, bytes_of};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

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

/// Where there are no times, or images were made without any, this is about what there is instead.
const FIRST_DAY_NANOS: i128 = 86_400_000_000_000;

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

    /// The same on a file system that [keeps the times of changes](keeps_times_of_changes): what
    /// anyone may set does not matter there.
    pub(crate) fn vouches(&self, now: i128) -> bool {
        FIRST_DAY_NANOS < self.changed && self.changed + SETTLED_AFTER_NANOS < now
    }

    /// Whether the stamp of this open file, which had it at `now`, vouches for its content since.
    #[must_use]
    pub fn vouches_for_open(&self, file: impl AsFd, now: std::time::SystemTime) -> bool {
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i128::try_from(now.as_nanos()).is_ok_and(|now| self.vouches(now)) && Self::is_kept_for(file)
    }

    /// Whether what holds this open file is known to note every change at once.
    #[must_use]
    pub fn is_kept_for(file: impl AsFd) -> bool {
        rustix::fs::fstatfs(file).is_ok_and(|system| is_known(&system))
    }
}

impl Encode for FileStamp {
    fn encode(&self, out: &mut Encoder) {
        let Self { device, inode, size, modified, changed } = self;
        for number in [device, inode, size] {
            number.encode(out);
        }
        for moment in [modified, changed] {
            out.fixed(&moment.to_le_bytes());
        }
    }
}

/// What a digest is remembered under, beside the path: it is believed under the same stamp only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<u8>);

impl Stamp {
    /// That of many files at once, of whose stamps this is the digest.
    pub(crate) fn of_many(stamps: Digest) -> Self {
        Self(stamps.as_bytes().to_vec())
    }

    /// As it is compared: of one file and of many never the same.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&FileStamp> for Stamp {
    fn from(stamp: &FileStamp) -> Self {
        Self(bytes_of(stamp))
    }
}

/// What is known of the devices that hold files: each is asked once.
#[derive(Default)]
pub(crate) struct Devices(BTreeMap<u64, bool>);

impl Devices {
    /// Whether the one that holds this file [does](keeps_times_of_changes).
    pub(crate) fn keep_times(&mut self, path: &Path, stamp: &FileStamp) -> bool {
        *self.0.entry(stamp.device).or_insert_with(|| keeps_times_of_changes(path))
    }

    /// Whether a change of this file would move a time, though the one that anyone may set be put back.
    /// Where there is no other, that one is told in its place.
    pub(crate) fn tell_changes(&mut self, path: &Path, stamp: &FileStamp) -> bool {
        stamp.changed != stamp.modified || self.keep_times(path, stamp)
    }
}

/// The same for a single file.
pub(crate) fn tells_changes(path: &Path, stamp: &FileStamp) -> bool {
    Devices::default().tell_changes(path, stamp)
}

/// Whether what holds this file is known to note every change at once, by the clock of this machine,
/// in a time that nobody can set. Network file systems may tell what was true a while ago; FAT and
/// archives that are mounted have no such time. An overlay is as good as what lies below it, which it does not tell.
fn keeps_times_of_changes(path: &Path) -> bool {
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
    // Its type is as wide as a word of the machine, with or without a sign.
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
    fn what_anyone_may_set_does_not_matter_where_there_is_better() {
        let from_an_archive = stamp(2 * NOON, NOON);
        assert!(from_an_archive.vouches(NOON + 3 * SECOND));
        assert!(!from_an_archive.is_settled(NOON + 3 * SECOND));
        let put_back = stamp(0, NOON);
        assert!(!put_back.vouches(NOON + SECOND) && !put_back.is_settled(NOON + SECOND));
    }

    #[test]
    fn no_time_at_all_vouches_for_nothing() {
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
    fn one_date_in_place_of_two_tells_nothing_where_changes_may_leave_none() {
        let tells = |changed, path: &str| tells_changes(Path::new(path), &stamp(NOON, changed));
        assert!(!tells(NOON, "/proc/self/limits"));
        assert!(tells(NOON + 1, "/proc/self/limits"));
        let here = tempfile::NamedTempFile::new().expect("a file");
        let path = here.path().to_str().expect("UTF-8");
        assert!(tells(NOON, path), "is {path} on a disk of this machine?");
    }

    #[test]
    fn what_is_no_file_system_of_this_machine_is_not_believed() {
        assert!(!keeps_times_of_changes(Path::new("/none/such")));
        #[cfg(target_os = "linux")]
        assert!(!keeps_times_of_changes(Path::new("/proc/self")));
    }
}
