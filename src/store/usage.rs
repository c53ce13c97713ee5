//! What was used, without a write to the database.
//!
//! A hit appends one record to the file `uses` beside it; whoever writes to the database next
//! folds the records in. A record that is lost costs a little precision and nothing else.

use super::place::{Place, open_private};
use super::{StoreError, codec};
use crate::recording::Checksummer;
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use rustix::fs::OFlags;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// An entry's id, the time in milliseconds, and a checksum of both: 8 little-endian bytes each.
const RECORD: usize = 24;

/// Notes that an entry was used.
pub(super) fn note(place: &Place, id: i64) {
    let record = encode(id, Timestamp::now());
    if let Ok(file) =
        open_private(&place.uses(), OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK)
    {
        // One write of the whole record, so that those of others do not mix with it.
        let _ = rustix::io::write(&file, &record);
    }
}

fn encode(id: i64, at: Timestamp) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..8].copy_from_slice(&id.to_le_bytes());
    record[8..16].copy_from_slice(&at.as_millis().to_le_bytes());
    let mut checksum = Checksummer::default();
    checksum.update(&record[..16]);
    let checksum = checksum.finish().0.to_le_bytes();
    record[16..].copy_from_slice(&checksum[..8]);
    record
}

fn decode(record: [u8; RECORD]) -> Option<(i64, Timestamp)> {
    let (id, rest) = record.split_first_chunk()?;
    let at = Timestamp::from_millis(i64::from_le_bytes(*rest.first_chunk()?));
    let id = i64::from_le_bytes(*id);
    (encode(id, at) == record).then_some((id, at))
}

/// Records that were folded in and must be forgotten once that is committed.
#[must_use]
pub(super) struct Folded(Option<PathBuf>);

impl Folded {
    /// Forgets them.
    pub(super) fn done(self) {
        if let Some(path) = self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// Folds the records into the database, inside the caller's write transaction.
pub(super) fn fold(place: &Place, connection: &Connection) -> Result<Folded, StoreError> {
    let taken = place.directory.join("uses.folding");
    // One that is still there comes from a process that died before it could commit.
    if !taken.exists() && fs::rename(place.uses(), &taken).is_err() {
        return Ok(Folded(None));
    }
    let mut entry = connection.prepare(
        "UPDATE entry SET hits = hits + ?2, used = max(used, min(?3, ?4)) WHERE id = ?1",
    )?;
    // The cast keeps a sum that left the range of integers one.
    let mut command = connection.prepare(
        "UPDATE command SET hits = command.hits + ?2, used = max(command.used, min(?3, ?4)),
                saved = CAST(saved + ?2 * entry.elapsed AS INTEGER)
         FROM entry WHERE entry.id = ?1 AND command.id = entry.command",
    )?;
    let now = Timestamp::now().as_millis();
    for (id, (hits, last)) in read(&taken) {
        let parameters = params![id, codec::stored_count(hits), last.as_millis(), now];
        entry.execute(parameters)?;
        command.execute(parameters)?;
    }
    Ok(Folded(Some(taken)))
}

/// How often each entry was used, and when last.
fn read(path: &Path) -> HashMap<i64, (u64, Timestamp)> {
    let bytes = fs::read(path).unwrap_or_default();
    let mut uses = HashMap::new();
    for (id, at) in bytes.as_chunks().0.iter().filter_map(|record| decode(*record)) {
        let (hits, last) = uses.entry(id).or_insert((0, at));
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
        let uses = read(&path);
        assert_eq!(uses[&1], (2, at(5)));
        assert_eq!(uses[&2], (1, at(4)));
        assert_eq!(uses.len(), 2);
        assert!(read(&dir.path().join("gone")).is_empty());
    }
}
