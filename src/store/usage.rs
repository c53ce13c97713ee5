//! Counts uses of entries without writing to the database.
//!
//! A hit appends one record to the file `uses`; the next writer of the database folds the records in. The file is
//! bounded, so that hits alone do not fill the disk. If a record is lost, the counts are a little lower. What calls and
//! pushes had of a remote goes the same way.

use super::error::StoreError;
use super::handle::Store;
use super::location::StoreLocation;
use super::remote_uses::{self, COUNTERS, RemoteUses};
use super::sqlite::codec;
use super::sqlite::notes::{NoteKind, Notes};
use super::sqlite::transaction::Purpose;
use crate::entry::Entry;
use crate::private_directory::open_private;
use crate::recording::Checksum;
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use rustix::fs::OFlags;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// An entry's id, or one of those below that are none, the time in milliseconds, and a checksum of both: 8 little-endian bytes each.
const RECORD: usize = 24;

/// The longest file of records, in bytes: nothing is appended to a longer one or read beyond this. Folding that
/// many in takes a hundredth of a second.
const LONGEST: u64 = 150_000 * RECORD as u64;

impl Store {
    /// Notes that an entry was replayed. If the note is lost, the counts are a little lower.
    pub fn note_use(&self, entry: &Entry) {
        note(&self.location, entry.id);
    }

    /// Adds to what calls and pushes had of a remote.
    pub fn note_remote(&self, uses: &RemoteUses) {
        let counters = (REMOTE..).zip(uses.counters()).filter(|(_, count)| *count > 0);
        let records = counters
            .map(|(id, count)| encode(id, Timestamp::from_millis(codec::stored_count(count))));
        append(&self.location, &records.collect::<Vec<_>>().concat());
    }

    /// Folds in the uses until now, if the store can be written.
    pub(in crate::store) fn fold_uses(&mut self) -> Result<(), StoreError> {
        if self.is_read_only() {
            return Ok(());
        }
        let location = self.location.clone();
        match self.write(Purpose::Storing, |transaction| fold(&location, transaction)) {
            Ok(folded) => folded.done(),
            // The hit counts stay a little behind on a full disk, or when another process keeps the lock.
            Err(fault) if fault.is_of_a_full_disk() || matches!(fault, StoreError::Busy) => {}
            Err(fault) => return Err(fault),
        }
        Ok(())
    }
}

/// Notes that an entry was used.
pub(super) fn note(location: &StoreLocation, id: i64) {
    append(location, &encode(id, Timestamp::now()));
}

/// Appends whole records to the file.
fn append(location: &StoreLocation, records: &[u8]) {
    if let Ok(file) =
        open_private(&location.uses(), OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK)
        && file.metadata().is_ok_and(|found| found.len() < LONGEST)
    {
        // One write for all, so that records of others do not mix with them.
        let _ = rustix::io::write(&file, records);
    }
}

fn encode(id: i64, at: Timestamp) -> [u8; RECORD] {
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

/// Records that were folded in; their file is removed after the commit.
#[must_use]
pub(super) struct Folded(Option<(PathBuf, File)>);

impl Folded {
    /// Removes the file, unless another writer has already removed it. That writer may have taken the next file by now.
    pub(super) fn done(self) {
        if let Some((path, file)) = self.0
            && let (Ok(there), Ok(ours)) = (fs::symlink_metadata(&path), file.metadata())
            && (there.dev(), there.ino()) == (ours.dev(), ours.ino())
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Folds the records into the database, inside the caller's write transaction.
///
/// A process can die after the commit and before the file is removed. So the file is numbered first, and its number
/// is written in the same transaction.
pub(super) fn fold(
    location: &StoreLocation,
    connection: &Connection,
) -> Result<Folded, StoreError> {
    let Some((path, file)) = take(location) else { return Ok(Folded(None)) };
    let last =
        Notes::of(connection, NoteKind::Folded).find(&[])?.map_or(0, |note| note.at.as_millis());
    let uses = read(&file);
    if uses.number.is_some_and(|number| number <= last) {
        // Its records are counted. Those that were made since are in the next file.
        return match fs::remove_file(&path) {
            Ok(()) => fold(location, connection),
            Err(_) => Ok(Folded(None)),
        };
    }
    let number = uses.number.unwrap_or_else(|| last.saturating_add(1));
    if uses.number.is_none() && number_file(&file, number).is_err() {
        return Ok(Folded(None));
    }
    Notes::of(connection, NoteKind::Folded).put(&[], Timestamp::from_millis(number), &[])?;
    remote_uses::add(connection, uses.remote)?;
    let mut entry = connection.prepare(
        "UPDATE entry SET hits = hits + ?2, used = max(used, min(?3, ?4)) WHERE id = ?1",
    )?;
    // A sum beyond the range of integers would become a float.
    let mut command = connection.prepare(
        "UPDATE command SET hits = command.hits + ?2, used = max(command.used, min(?3, ?4)),
                saved = CAST(saved + ?2 * entry.elapsed AS INTEGER)
         FROM entry WHERE entry.id = ?1 AND command.id = entry.command",
    )?;
    let now = Timestamp::now().as_millis();
    for (id, (hits, last)) in uses.by_id {
        let parameters = params![id, codec::stored_count(hits), last.as_millis(), now];
        entry.execute(parameters)?;
        command.execute(parameters)?;
    }
    Ok(Folded(Some((path, file))))
}

/// Moves the file of records, so that nobody appends to it any more, and opens it.
fn take(location: &StoreLocation) -> Option<(PathBuf, File)> {
    let taken = location.directory.join("uses.folding");
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    // A process that died before its commit leaves such a file behind.
    let has_some = is_file(&taken)
        || (is_file(&location.uses()) && fs::rename(location.uses(), &taken).is_ok());
    let file = has_some.then(|| File::options().read(true).write(true).open(&taken));
    Some((taken, file?.ok()?))
}

/// In place of an id, this means that the record holds the number of its file.
const NUMBER: i64 = i64::MIN;

/// In place of an id, this and the numbers after it mean that the record adds to a counter of [`RemoteUses`], in place
/// of the time. An older program takes them for entries that are gone.
const REMOTE: i64 = NUMBER + 1;

/// Writes the number of a file behind its records. In a file that is full it takes the place of the last one.
fn number_file(file: &File, number: i64) -> io::Result<()> {
    let record = RECORD as u64;
    let end = file.metadata()?.len().min(LONGEST - record) / record * record;
    file.write_all_at(&encode(NUMBER, Timestamp::from_millis(number)), end)
}

/// The content of a file of records.
#[derive(Debug, Default)]
struct Uses {
    /// How often each entry was used, and when last.
    by_id: HashMap<i64, (u64, Timestamp)>,
    /// The number of the file, if a process began to fold it in.
    number: Option<i64>,
    /// What is added to each counter of [`RemoteUses`].
    remote: [u64; COUNTERS],
}

fn read(file: &File) -> Uses {
    let mut bytes = Vec::new();
    // Records before a read error still count.
    let _ = file.take(LONGEST).read_to_end(&mut bytes);
    let mut uses = Uses::default();
    for (id, at) in bytes.as_chunks().0.iter().filter_map(|record| decode(*record)) {
        if id == NUMBER {
            uses.number = Some(at.as_millis());
            continue;
        }
        let counter = usize::try_from(id.wrapping_sub(REMOTE)).ok();
        if let Some(sum) = counter.and_then(|number| uses.remote.get_mut(number)) {
            *sum = sum.saturating_add(codec::unsigned(at.as_millis()));
            continue;
        }
        let (hits, last) = uses.by_id.entry(id).or_insert((0, at));
        *hits += 1;
        *last = at.max(*last);
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The hits of an entry.
    fn hits(connection: &Connection, id: i64) -> i64 {
        let sql = "SELECT hits FROM entry WHERE id = ?1";
        connection.query_row(sql, [id], |row| row.get(0)).expect("counted")
    }

    /// A store with one entry, for a file of uses.
    fn store() -> (tempfile::TempDir, StoreLocation, Connection) {
        let dir = tempfile::tempdir().expect("a directory");
        let location = StoreLocation { directory: dir.path().to_owned() };
        let mut connection = Connection::open_in_memory().expect("opened");
        crate::store::sqlite::schema::migrate(&mut connection).expect("made");
        let columns = "key, condition, command, exit, created, elapsed, used, hits, output, length, seal, arguments, words";
        let values = "x'', x'', 1, 0, 0, 0, 0, 0, 0, 0, x'', x'', x''";
        let insert = format!("INSERT INTO entry (id, {columns}) VALUES (1, {values})");
        connection.execute_batch(&insert).expect("inserted");
        (dir, location, connection)
    }

    fn fold_and_commit(location: &StoreLocation, connection: &mut Connection) -> Folded {
        let transaction = connection.transaction().expect("begun");
        let folded = fold(location, &transaction).expect("folded");
        transaction.commit().expect("committed");
        folded
    }

    #[test]
    fn a_kill_at_any_moment_counts_no_use_twice_and_loses_none() {
        let (_dir, location, mut connection) = store();
        for round in 1..=3 {
            (0..2).for_each(|_| note(&location, 1));
            // Killed before the commit, and twice after it.
            let transaction = connection.transaction().expect("begun");
            let _ = fold(&location, &transaction).expect("folded");
            drop(transaction);
            for _ in 0..2 {
                let _ = fold_and_commit(&location, &mut connection);
                assert_eq!(hits(&connection, 1), 3 * round - 1);
            }
            note(&location, 1);
            fold_and_commit(&location, &mut connection).done();
            assert_eq!(hits(&connection, 1), 3 * round);
        }
    }

    #[test]
    fn a_late_removal_spares_the_file_of_the_next_writer() {
        let (_dir, location, mut connection) = store();
        note(&location, 1);
        let late = fold_and_commit(&location, &mut connection);
        note(&location, 1);
        let transaction = connection.transaction().expect("begun");
        let _ = fold(&location, &transaction).expect("folded");
        // The next writer fails, and a later one counts the records that it had taken.
        drop(transaction);
        late.done();
        fold_and_commit(&location, &mut connection).done();
        assert_eq!(hits(&connection, 1), 2);
        assert!(take(&location).is_none());
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
