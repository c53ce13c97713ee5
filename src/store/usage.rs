//! Counts uses of entries without writing to the database.
//!
//! A hit appends one record to the file of uses; the next writer of the database folds the records in. What calls and
//! pushes had of a remote goes the same way.

use super::error::StoreError;
use super::handle::Store;
use super::location::StoreLocation;
use super::remote_uses::{self, RemoteUses};
use super::sqlite::codec;
use super::sqlite::notes::{NoteKind, Notes};
use super::sqlite::transaction::Purpose;
use super::uses_file::{REMOTE, Uses, append, encode, take};
use crate::entry::Entry;
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

impl Store {
    /// Notes that an entry was replayed. If the note is lost, the counts are a little lower.
    pub fn note_use(&self, entry: &Entry) {
        note(&self.location, entry.id);
    }

    /// Adds to what calls and pushes had of a remote, with the next fill through this handle, or else when it is dropped.
    pub fn note_remote_later(&self, uses: RemoteUses) {
        let mut pending = self.pending_uses.get();
        pending += uses;
        self.pending_uses.set(pending);
    }

    /// Adds to what calls and pushes had of a remote.
    pub fn note_remote(&self, uses: &RemoteUses) {
        let counters = (REMOTE..).zip(uses.counters()).filter(|(_, count)| *count > 0);
        let records = counters
            .map(|(id, count)| encode(id, Timestamp::from_millis(codec::stored_count(count))));
        append(&self.location, &records.collect::<Vec<_>>().concat());
    }

    /// Adds what no fill has added.
    pub(super) fn append_pending_uses(&self) {
        let pending = self.pending_uses.take();
        if pending != RemoteUses::default() {
            self.note_remote(&pending);
        }
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

impl Drop for Store {
    fn drop(&mut self) {
        self.append_pending_uses();
    }
}

/// Notes that an entry was used.
pub(super) fn note(location: &StoreLocation, id: i64) {
    append(location, &encode(id, Timestamp::now()));
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
    let Ok((number, uses)) = Uses::of_numbered(&file, last.saturating_add(1)) else {
        return Ok(Folded(None));
    };
    if number <= last {
        // Its records are counted. Those that were made since are in the next file.
        return match fs::remove_file(&path) {
            Ok(()) => fold(location, connection),
            Err(_) => Ok(Folded(None)),
        };
    }
    Notes::of(connection, NoteKind::Folded).put(&[], Timestamp::from_millis(number), &[])?;
    remote_uses::add(connection, uses.remote)?;
    if !uses.by_id.is_empty() {
        add_hits(connection, uses.by_id)?;
    }
    Ok(Folded(Some((path, file))))
}

/// Counts how often entries were used, and when last.
fn add_hits(
    connection: &Connection,
    uses: HashMap<i64, (u64, Timestamp)>,
) -> Result<(), StoreError> {
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
    for (id, (hits, last)) in uses {
        let parameters = params![id, codec::stored_count(hits), last.as_millis(), now];
        entry.execute(parameters)?;
        command.execute(parameters)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::uses_file::tests::Appending;

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
    fn uses_of_a_remote_that_no_fill_has_added_are_appended() {
        let dir = tempfile::tempdir().expect("a directory");
        let uses = RemoteUses { misses: 1, ..RemoteUses::default() };
        let sums = || {
            let mut store = Store::open(dir.path()).expect("opened");
            store.fold_uses().expect("folded");
            RemoteUses::find(store.database.connection().expect("open")).expect("read")
        };
        for skips in [false, true] {
            let store = Store::open(dir.path()).expect("opened");
            store.note_remote_later(uses);
            store.note_remote_later(uses);
            if skips {
                store.skip_cleanup();
            }
        }
        assert_eq!(sums(), Some(RemoteUses { misses: 4, ..uses }));
        assert_eq!(sums(), Some(RemoteUses { misses: 4, ..uses }));
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

    /// All orders of so many steps of one process and so many of another; `true` is a step of the first.
    fn orders(first: usize, second: usize) -> Vec<Vec<bool>> {
        if first + second == 0 {
            return vec![Vec::new()];
        }
        let begun_by = |by, first, second| {
            orders(first, second).into_iter().map(move |rest| [vec![by], rest].concat())
        };
        let mut all = Vec::new();
        if first > 0 {
            all.extend(begun_by(true, first - 1, second));
        }
        if second > 0 {
            all.extend(begun_by(false, first, second - 1));
        }
        all
    }

    #[test]
    fn a_record_that_is_appended_while_the_file_is_folded_in_is_counted_once() {
        for order in orders(3, 4) {
            let (_dir, location, mut connection) = store();
            note(&location, 1);
            let mut steps = 0..4;
            let (mut record, mut folded) = (Appending::Begun, None);
            for is_append in &order {
                if *is_append {
                    record = record.step(&location, &encode(1, Timestamp::now()));
                    continue;
                }
                match steps.next() {
                    Some(0) => assert!(take(&location).is_some()),
                    Some(1) => {
                        let (_, file) = take(&location).expect("taken");
                        let (number, _) = Uses::of_numbered(&file, 1).expect("numbered");
                        assert_eq!(number, 1);
                    }
                    Some(2) => folded = Some(fold_and_commit(&location, &mut connection)),
                    _ => folded.take().expect("folded").done(),
                }
            }
            fold_and_commit(&location, &mut connection).done();
            assert_eq!(hits(&connection, 1), 2, "{order:?}");
        }
    }

    #[test]
    fn many_that_append_lose_nothing_to_one_that_folds() {
        const EACH: i64 = 500;
        let (_dir, location, mut connection) = store();
        std::thread::scope(|scope| {
            let append = || (0..EACH).for_each(|_| note(&location, 1));
            let threads = [scope.spawn(append), scope.spawn(append), scope.spawn(append)];
            while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                fold_and_commit(&location, &mut connection).done();
            }
        });
        fold_and_commit(&location, &mut connection).done();
        assert_eq!(hits(&connection, 1), 3 * EACH);
    }
}
