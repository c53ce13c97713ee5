//! The file of uses: records of entries that were replayed, and of what a remote was good for.
//!
//! No process waits for another one here, however slow or stopped that is. A record is appended with one system call.
//! To fold the file in, a process renames it, appends a number, and counts the records before the number, and those
//! alone. Another process may have opened the file before it was renamed, so whoever appends looks at the name
//! afterwards: records that are behind the number it appends again, to the next file. The file is bounded, so that
//! hits alone do not fill the disk: records for which it has no room are lost, and so are those of a process that is
//! killed before it looks. Then the counts are a little lower.

use super::location::StoreLocation;
use super::remote_uses::COUNTERS;
use super::sqlite::codec;
use crate::private_directory::open_private;
use crate::recording::Checksum;
use crate::time::Timestamp;
use rustix::fs::OFlags;
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// An entry's id, or one of those below that are none, the time in milliseconds, and a checksum of both: 8 little-endian bytes each.
const RECORD: usize = 24;

/// The longest file of records, in bytes: nothing is appended to a longer one, and no record beyond this is counted. The
/// number may follow. Folding that many in takes a hundredth of a second.
const LONGEST: u64 = 150_000 * RECORD as u64;

/// In place of an id, this means that the record holds the number of its file.
const NUMBER: i64 = i64::MIN;

/// In place of an id, this and the numbers after it mean that the record adds to a counter of
/// [`RemoteUses`](super::remote_uses::RemoteUses), in place of the time. An older program takes them for entries that
/// are gone.
pub(super) const REMOTE: i64 = NUMBER + 1;

/// Appends whole records, unless the file is full.
pub(super) fn append(location: &StoreLocation, records: &[u8]) {
    // Each time around, another process has folded a file in.
    while let Some((file, metadata)) = open_to_append(location)
        // One write for all, so that records of others do not mix with them.
        && rustix::io::write(&file, records).is_ok_and(|written| written == records.len())
        && !will_count(location, &file, &metadata)
    {}
}

/// The file that is appended to, and what it was when it was opened; `None` if it is full, or no file.
fn open_to_append(location: &StoreLocation) -> Option<(File, Metadata)> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NONBLOCK;
    let file = open_private(&location.uses(), flags).ok()?;
    let metadata = file.metadata().ok()?;
    (metadata.is_file() && metadata.len() < LONGEST).then_some((file, metadata))
}

/// Whether the records that were just appended to this file are before its number, which may be still to come.
fn will_count(location: &StoreLocation, mut file: &File, opened: &Metadata) -> bool {
    let is_same = |there: Metadata| (there.dev(), there.ino()) == (opened.dev(), opened.ino());
    // A file that still has its name has no number.
    fs::symlink_metadata(location.uses()).is_ok_and(is_same)
        || file.stream_position().is_ok_and(|end| {
            let mut before = Uses::default();
            before.read_on(file, end);
            before.number.is_none()
        })
}

pub(super) fn encode(id: i64, at: Timestamp) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..8].copy_from_slice(&id.to_le_bytes());
    record[8..16].copy_from_slice(&at.as_millis().to_le_bytes());
    let checksum = Checksum::of(&record[..16]).0.to_le_bytes();
    record[16..].copy_from_slice(&checksum[..8]);
    record
}

fn decode(record: [u8; RECORD]) -> Option<(i64, Timestamp)> {
    let (id, rest) = record.split_first_chunk()?;
    let at = Timestamp::from_millis(i64::from_le_bytes(*rest.first_chunk()?));
    let id = i64::from_le_bytes(*id);
    (encode(id, at) == record).then_some((id, at))
}

/// Moves the file of records, so that nobody opens it to append any more, and opens it.
pub(super) fn take(location: &StoreLocation) -> Option<(PathBuf, File)> {
    let taken = location.directory.join("uses.folding");
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    // A process that died before its commit leaves such a file behind.
    let has_some = is_file(&taken)
        || (is_file(&location.uses()) && fs::rename(location.uses(), &taken).is_ok());
    let file = has_some.then(|| File::options().read(true).append(true).open(&taken));
    Some((taken, file?.ok()?))
}

/// Appends the number of a file. Records that are behind it are not counted.
fn number_file(mut file: &File, number: i64) -> io::Result<()> {
    let record = RECORD as u64;
    let mut length = file.metadata()?.len();
    if length > LONGEST {
        file.set_len(LONGEST)?;
        length = LONGEST;
    }
    // The end of a record may be missing since the disk was full.
    let missing = usize::try_from((record - length % record) % record).unwrap_or(0);
    let mut bytes = vec![0; missing];
    bytes.extend(encode(NUMBER, Timestamp::from_millis(number)));
    file.write_all(&bytes)?;
    let end = file.stream_position()?;
    // Somebody may have appended in between. Then the next fold tries again.
    if end % record == 0 && end <= LONGEST + record {
        Ok(())
    } else {
        Err(io::ErrorKind::Interrupted.into())
    }
}

/// The content of a file of records.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// How often each entry was used, and when last.
    pub(super) by_id: HashMap<i64, (u64, Timestamp)>,
    /// What is added to each counter of [`RemoteUses`](super::remote_uses::RemoteUses).
    pub(super) remote: [u64; COUNTERS],
    /// The number of the file, if a process began to fold it in.
    number: Option<i64>,
    /// The bytes that were read.
    length: u64,
}

impl Uses {
    /// The records of a file that was taken, and its number: this one, if it had none.
    ///
    /// # Errors
    /// When it cannot be numbered.
    pub(super) fn of_numbered(file: &File, number: i64) -> io::Result<(i64, Self)> {
        let end = LONGEST + RECORD as u64;
        let mut uses = Self::default();
        uses.read_on(file, end);
        if uses.number.is_none() {
            number_file(file, number)?;
            uses.read_on(file, end);
        }
        Ok((uses.number.unwrap_or(number), uses))
    }

    /// Reads on, to the number or this end.
    fn read_on(&mut self, mut file: &File, end: u64) {
        let mut bytes = Vec::new();
        // Records before a read error still count.
        let _ = file
            .seek(SeekFrom::Start(self.length))
            .and_then(|from| file.take(end.saturating_sub(from)).read_to_end(&mut bytes));
        for record in bytes.as_chunks().0 {
            self.length += RECORD as u64;
            match decode(*record) {
                Some((NUMBER, at)) => {
                    self.number = Some(at.as_millis());
                    return;
                }
                Some((id, at)) if self.length <= LONGEST => self.add(id, at),
                _ => {}
            }
        }
    }

    fn add(&mut self, id: i64, at: Timestamp) {
        let counter = usize::try_from(id.wrapping_sub(REMOTE)).ok();
        if let Some(sum) = counter.and_then(|number| self.remote.get_mut(number)) {
            *sum = sum.saturating_add(codec::unsigned(at.as_millis()));
            return;
        }
        let (hits, last) = self.by_id.entry(id).or_insert((0, at));
        *hits += 1;
        *last = at.max(*last);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    /// How far a process is that appends.
    pub(in crate::store) enum Appending {
        Begun,
        Opened(File, Metadata),
        Written(File, Metadata),
        Done,
    }

    impl Appending {
        /// The next step. [`append`] does the same without a pause.
        pub(in crate::store) fn step(self, location: &StoreLocation, record: &[u8]) -> Self {
            match self {
                Self::Begun => {
                    let (file, metadata) = open_to_append(location).expect("opened");
                    Self::Opened(file, metadata)
                }
                Self::Opened(file, metadata) => {
                    (&file).write_all(record).expect("written");
                    Self::Written(file, metadata)
                }
                Self::Written(file, metadata) => {
                    if !will_count(location, &file, &metadata) {
                        append(location, record);
                    }
                    Self::Done
                }
                Self::Done => Self::Done,
            }
        }
    }

    #[test]
    fn records_that_are_cut_off_and_a_full_file_do_not_hide_the_number() {
        let record = encode(1, Timestamp::from_millis(5));
        let full = LONGEST - RECORD as u64;
        for (at, counted) in [(0, 1), (7, 0), (full, 1), (full + 7, 0), (LONGEST, 0), (5 << 30, 0)]
        {
            let file = tempfile::NamedTempFile::new().expect("a file");
            file.as_file().write_all_at(&record, at).expect("written");
            let file = File::options().read(true).append(true).open(file.path()).expect("opened");
            for number in [3, 4] {
                let (found, uses) = Uses::of_numbered(&file, number).expect("numbered");
                assert_eq!((found, uses.by_id.len()), (3, counted), "{at}");
                // This is behind the number.
                (&file).write_all(&record).expect("written");
            }
        }
    }

    fn read(file: &File) -> Uses {
        let mut uses = Uses::default();
        uses.read_on(file, LONGEST + RECORD as u64);
        uses
    }

    #[test]
    fn uses_are_counted_and_damage_is_passed_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("uses");
        let at = Timestamp::from_millis;
        let mut damaged = encode(1, at(9));
        damaged[0] ^= 1;
        let records = [encode(1, at(5)), encode(2, at(4)), damaged, encode(1, at(3))].concat();
        fs::write(&path, [&records[..], b"cut off"].concat()).expect("written");
        let uses = read(&File::open(&path).expect("opened")).by_id;
        assert_eq!(uses[&1], (2, at(5)));
        assert_eq!(uses[&2], (1, at(4)));
        assert_eq!(uses.len(), 2);
    }

    #[test]
    fn records_beyond_the_limit_of_the_file_are_not_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let record = encode(1, Timestamp::from_millis(5));
        let counted =
            || read(&file.reopen().expect("opened")).by_id.get(&1).map_or(0, |(hits, _)| *hits);
        file.as_file().write_all_at(&record, LONGEST - RECORD as u64).expect("written");
        assert_eq!(counted(), 1);
        file.as_file().write_all_at(&record, LONGEST).expect("written");
        assert_eq!(counted(), 1);
    }
}
