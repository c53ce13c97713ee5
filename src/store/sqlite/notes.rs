//! Notes: small facts beside the entries, each with a kind, a name, a date and a value.
//!
//! They share one table, since every run of SQLite parses the definitions of all tables. A note that decides whether a
//! result may be stored has a checksum behind its value.

use super::rows;
use crate::recording::Checksum;
use crate::store::error::StoreError;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

/// The kind of a note. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// The secret that digests of parts are keyed with: `query::parts`. There is one, without a name.
    Secret = 0,
    /// The calls that a clearing removed, by the number of the clearing: `write::clearing`.
    Cleared = 1,
    /// Why the entry of a key was removed: `write::tombstones`.
    Tombstone = 2,
    /// The digest of a file, by its path; valid under the same stamp only.
    File = 3,
    /// The `--ignore-arg` globs of some entry, as the name: `query::call_pattern`.
    Ignored = 4,
    /// How often uses were folded in: `store::usage`. There is one, without a name; its date is the number.
    Folded = 5,
    /// An object that may have a file and no owner, by its digest: `store::objects`.
    Unsettled = 6,
    /// How long all objects are. There is one, without a name; its date is the number of bytes.
    ObjectBytes = 7,
    /// The questions that traced runs asked, by their digest: `inputs`. A trigger removes it with the last entry.
    Shape = 8,
    /// Sums of what calls had of a remote, by number: `store::remote_uses`. The date of each is the sum.
    RemoteUses = 9,
}

impl NoteKind {
    /// Whether a damaged note of this kind could let a cleared result be stored.
    fn has_checksum(self) -> bool {
        matches!(self, Self::Secret | Self::Cleared)
    }
}

/// The value of a note as it is stored.
fn with_checksum(kind: NoteKind, name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut stored = value.to_vec();
    if kind.has_checksum() {
        let length = name.len().to_le_bytes();
        let Checksum(checksum) = Checksum::of_all(&[&[kind as u8], &length, name, value]);
        stored.extend(checksum.to_le_bytes());
    }
    stored
}

/// The value of a note that was stored; `None` if it is damaged.
pub fn checked(kind: NoteKind, name: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
    let length = if kind.has_checksum() { size_of::<u128>() } else { 0 };
    let value = &stored[..stored.len().checked_sub(length)?];
    (with_checksum(kind, name, value) == stored).then(|| value.to_vec())
}

/// A note that was found.
#[derive(Debug)]
pub struct Note {
    pub at: Timestamp,
    pub value: Vec<u8>,
}

/// All notes of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Notes<'c> {
    connection: &'c Connection,
    kind: NoteKind,
}

impl<'c> Notes<'c> {
    pub fn of(connection: &'c Connection, kind: NoteKind) -> Self {
        Self { connection, kind }
    }

    fn checked(self, name: &[u8], stored: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged("a note does not match its checksum".to_owned());
        checked(self.kind, name, stored).ok_or_else(damaged)
    }

    pub fn find(self, name: &[u8]) -> Result<Option<Note>, StoreError> {
        let sql = "SELECT at, value FROM note WHERE kind = ?1 AND name = ?2";
        let found = self.connection.query_row(sql, params![self.kind as i64, name], |row| {
            Ok((Timestamp::from_millis(row.get(0)?), row.get::<_, Vec<u8>>(1)?))
        });
        let Some((at, value)) = found.optional()? else { return Ok(None) };
        Ok(Some(Note { at, value: self.checked(name, &value)? }))
    }

    /// Writes a note, and replaces one of the same name.
    pub fn put(self, name: &[u8], at: Timestamp, value: &[u8]) -> Result<(), StoreError> {
        self.insert("REPLACE", name, at, value).map(drop)
    }

    /// Adds to sums, which are the dates of numbered notes. One below zero counts as zero, and none exceeds the largest
    /// integer.
    pub fn add(self, more: impl Iterator<Item = (u8, i64)>) -> Result<(), StoreError> {
        let mut more = more.peekable();
        if more.peek().is_none() {
            return Ok(());
        }
        let mut statement = self.connection.prepare(
            "INSERT INTO note (kind, name, at, value) VALUES (?1, ?2, ?3, x'')
             ON CONFLICT DO UPDATE SET at = min(max(at, 0), ?4 - ?3) + ?3",
        )?;
        for (number, more) in more {
            statement.execute(params![self.kind as i64, [number], more, i64::MAX])?;
        }
        Ok(())
    }

    /// Writes a note without a value, unless there is one of the same name. Returns whether it did.
    pub fn put_new(self, name: &[u8]) -> Result<bool, StoreError> {
        self.insert("INSERT OR IGNORE", name, Timestamp::now(), &[])
    }

    fn insert(
        self,
        how: &str,
        name: &[u8],
        at: Timestamp,
        value: &[u8],
    ) -> Result<bool, StoreError> {
        let sql = format!("{how} INTO note (kind, name, at, value) VALUES (?1, ?2, ?3, ?4)");
        let value = with_checksum(self.kind, name, value);
        let parameters = params![self.kind as i64, name, at.as_millis(), value];
        Ok(self.connection.execute(&sql, parameters)? > 0)
    }

    /// The last name in order.
    pub fn last_name(self) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT name, value FROM note WHERE kind = ?1 ORDER BY name DESC LIMIT 1";
        let last = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let last = self.connection.query_row(sql, [self.kind as i64], last).optional()?;
        let Some((name, value)): Option<(Vec<u8>, Vec<u8>)> = last else { return Ok(None) };
        self.checked(&name, &value).map(|_| Some(name))
    }

    /// The names after this one, in order, with the values of their notes. The value of a damaged note is empty.
    pub fn after(self, name: &[u8]) -> Result<Vec<NamedValue>, StoreError> {
        let sql = "SELECT name, value FROM note WHERE kind = ?1 AND name > ?2 ORDER BY name";
        rows::all(self.connection, sql, params![self.kind as i64, name], |row| {
            let (name, value): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let value = checked(self.kind, &name, &value).unwrap_or_default();
            Ok((name, value))
        })
    }

    /// Forgets the note of this name, if there is one.
    pub fn forget(self, name: &[u8]) -> Result<(), StoreError> {
        self.delete("name = ?2", params![self.kind as i64, name])
    }

    /// Forgets all notes up to this name.
    pub fn forget_until(self, name: &[u8]) -> Result<(), StoreError> {
        self.delete("name <= ?2", params![self.kind as i64, name])
    }

    /// Forgets all notes.
    pub fn forget_all(self) -> Result<(), StoreError> {
        self.delete("TRUE", params![self.kind as i64])
    }

    /// Forgets all notes except the latest ones by date.
    pub fn keep_last(self, count: i64) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM note WHERE kind = ?1";
        let found: i64 = self.connection.query_row(sql, [self.kind as i64], |row| row.get(0))?;
        if found <= count {
            return Ok(());
        }
        self.delete(
            "name IN (SELECT name FROM note WHERE kind = ?1 ORDER BY at DESC, name LIMIT -1 OFFSET ?2)",
            params![self.kind as i64, count],
        )
    }

    fn delete(self, which: &str, parameters: &[&dyn ToSql]) -> Result<(), StoreError> {
        let sql = format!("DELETE FROM note WHERE kind = ?1 AND {which}");
        self.connection.execute(&sql, parameters)?;
        Ok(())
    }
}

/// A name and the value of its note.
type NamedValue = (Vec<u8>, Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_one_kind_have_nothing_to_do_with_those_of_another() {
        let mut connection = Connection::open_in_memory().expect("opened");
        crate::store::sqlite::schema::migrate(&mut connection).expect("made");
        let value =
            |kind| Notes::of(&connection, kind).find(b"a").expect("found").map(|note| note.value);
        for (kind, byte) in [(NoteKind::File, 1), (NoteKind::Tombstone, 2)] {
            assert_eq!(value(kind), None);
            let notes = Notes::of(&connection, kind);
            notes.put(b"a", Timestamp::from_millis(0), &[byte]).expect("put");
        }
        assert_eq!(
            (value(NoteKind::File), value(NoteKind::Tombstone)),
            (Some(vec![1]), Some(vec![2]))
        );
        Notes::of(&connection, NoteKind::File).forget_all().expect("forgotten");
        assert_eq!((value(NoteKind::File), value(NoteKind::Tombstone)), (None, Some(vec![2])));
    }

    #[test]
    fn the_last_ones_by_date_are_kept() {
        let mut connection = Connection::open_in_memory().expect("opened");
        crate::store::sqlite::schema::migrate(&mut connection).expect("made");
        for (name, at) in [(b"a", 3), (b"b", 1), (b"c", 2)] {
            let notes = Notes::of(&connection, NoteKind::File);
            notes.put(name, Timestamp::from_millis(at), &[]).expect("put");
        }
        Notes::of(&connection, NoteKind::File).keep_last(2).expect("kept");
        let notes = Notes::of(&connection, NoteKind::File).after(b"").expect("listed");
        let names: Vec<_> = notes.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [b"a", b"c"]);
    }
}
