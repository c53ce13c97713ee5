//! Finds out whether the lock that a connection waits for is held by a stopped process, which may keep it for ever.
//!
//! The system lists locks and their holders in `/proc/locks`. Asking for the locks of the file itself is not possible:
//! the file would have to be opened, and closing it would drop SQLite's locks. Without the list, cachex waits for a
//! stopped process as for any other.

use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What a connection is waiting to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// To read. Only writers are in its way.
    Read,
    /// To write. Readers are in its way too.
    Write,
}

/// The bytes where SQLite takes its locks: pending, reserved, and shared by readers.
const LOCK_BYTES: RangeInclusive<u64> = 0x4000_0000..=0x4000_01ff;

/// The byte that processes lock which are going to write. This lock is in no reader's way.
const RESERVED: u64 = 0x4000_0001;

/// Whether a stopped process holds a lock of this database that is in the way.
pub(super) fn is_in_the_way(database: &Path, intent: Intent) -> bool {
    let Ok(inode) = fs::metadata(database).map(|found| found.ino()) else { return false };
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().filter_map(|line| holder(line, inode, intent)).any(is_stopped)
}

/// The process that a line of `/proc/locks` names, if its lock is in the way:
/// `1: POSIX  ADVISORY  WRITE 708 fd:00:1234 1073741824 1073742335`.
fn holder(line: &str, inode: u64, intent: Intent) -> Option<u32> {
    let mut fields = line.split_whitespace().skip(1);
    let (kind, _, access) = (fields.next()?, fields.next()?, fields.next()?);
    let (process, file) = (fields.next()?.parse().ok()?, fields.next()?);
    let (first, last) = (fields.next()?.parse().ok()?, fields.next()?.parse::<u64>().ok()?);
    let is_ours = kind == "POSIX"
        && file.rsplit(':').next()?.parse() == Ok(inode)
        && LOCK_BYTES.contains(&first)
        && LOCK_BYTES.contains(&last);
    let is_in_the_way = match intent {
        Intent::Read => access == "WRITE" && (first, last) != (RESERVED, RESERVED),
        Intent::Write => true,
    };
    (is_ours && is_in_the_way).then_some(process)
}

/// Whether a process is stopped, by a signal or by a tracer.
fn is_stopped(process: u32) -> bool {
    let stat = fs::read(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name before the state may hold any bytes.
    let state = stat.rsplit(|byte| *byte == b')').next().unwrap_or_default();
    matches!(state, [b' ', b'T' | b't', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_of_the_database_that_are_in_the_way_count() {
        let found = |line, intent| holder(line, 1234, intent);
        let shared = "1: POSIX  ADVISORY  READ 708 fd:00:1234 1073741826 1073742335";
        assert_eq!(found(shared, Intent::Write), Some(708));
        assert_eq!(found(shared, Intent::Read), None);
        let exclusive = "1: POSIX  ADVISORY  WRITE 708 fd:00:1234 1073741824 1073742335";
        assert_eq!(found(exclusive, Intent::Read), Some(708));
        let reserved = "1: POSIX  ADVISORY  WRITE 708 fd:00:1234 1073741825 1073741825";
        assert_eq!(found(reserved, Intent::Write), Some(708));
        assert_eq!(found(reserved, Intent::Read), None);
        for other in [
            "1: POSIX  ADVISORY  WRITE 708 fd:00:123 1073741824 1073742335",
            "1: POSIX  ADVISORY  WRITE 708 fd:00:1234 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 708 fd:00:1234 1073741824 1073742335",
            "1: -> POSIX  ADVISORY  WRITE 708 fd:00:1234 1073741824 1073742335",
            "",
        ] {
            assert_eq!(found(other, Intent::Write), None, "{other}");
        }
    }
}
