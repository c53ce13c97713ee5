//! What is noted beside the entries: a few kinds of small things, each with a name, a date and a value.
//!
//! They share a table, since every look-up reads the definitions of all tables, and few look into these.

use super::StoreError;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Of what a note is. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What digests of parts are keyed with: `store::parts`. The only one has no name.
    Secret = 0,
    /// What was cleared, by the number of the clearing: `store::clearing`.
    Cleared = 1,
    /// What became of the entries of a key: `store::gone`.
    Gone = 2,
    /// The digest of a file, by its path, to be believed under the same stamp only.
    File = 3,
    /// Globs that some entry was stored without the words of: `store::sought`. They are the name.
    Ignored = 4,
    /// How often uses were folded in: `store::usage`. The only one has no name, and its date is the number.
    Folded = 5,
}

/// A note that was found.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) at: Timestamp,
    pub(super) value: Vec<u8>,
}

pub(super) fn find(
    connection: &Connection,
    kind: Kind,
    name: &[u8],
) -> Result<Option<Note>, StoreError> {
    let sql = "SELECT at, value FROM note WHERE kind = ?1 AND name = ?2";
    let found = connection.query_row(sql, params![kind as i64, name], |row| {
        Ok(Note { at: Timestamp::from_millis(row.get(0)?), value: row.get(1)? })
    });
    Ok(found.optional()?)
}

/// Puts a note in place of the one of that name.
pub(super) fn put(
    connection: &Connection,
    kind: Kind,
    name: &[u8],
    Note { at, value }: &Note,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO note (kind, name, at, value) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, params![kind as i64, name, at.as_millis(), value])?;
    Ok(())
}

/// The name that is the last in order.
pub(super) fn last_name(
    connection: &Connection,
    kind: Kind,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT name FROM note WHERE kind = ?1 ORDER BY name DESC LIMIT 1";
    Ok(connection.query_row(sql, [kind as i64], |row| row.get(0)).optional()?)
}

/// A note by its name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The notes behind this name, in order.
pub(super) fn behind(
    connection: &Connection,
    kind: Kind,
    name: &[u8],
) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT name, value FROM note WHERE kind = ?1 AND name > ?2 ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params![kind as i64, name], |row| {
        Ok(Named { name: row.get(0)?, value: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets all of a kind up to this name.
pub(super) fn forget_until(
    connection: &Connection,
    kind: Kind,
    name: &[u8],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM note WHERE kind = ?1 AND name <= ?2";
    connection.execute(sql, params![kind as i64, name])?;
    Ok(())
}

/// Forgets all of a kind.
pub(super) fn forget(connection: &Connection, kind: Kind) -> Result<(), StoreError> {
    connection.execute("DELETE FROM note WHERE kind = ?1", [kind as i64])?;
    Ok(())
}

/// Forgets all of a kind but the last ones by date.
pub(super) fn keep_last(connection: &Connection, kind: Kind, count: i64) -> Result<(), StoreError> {
    let sql = "SELECT count(*) FROM note WHERE kind = ?1";
    let found: i64 = connection.query_row(sql, [kind as i64], |row| row.get(0))?;
    if found > count {
        connection.execute(
            "DELETE FROM note WHERE kind = ?1 AND name IN
             (SELECT name FROM note WHERE kind = ?1 ORDER BY at DESC, name LIMIT -1 OFFSET ?2)",
            params![kind as i64, count],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_one_kind_have_nothing_to_do_with_those_of_another() {
        let mut connection = Connection::open_in_memory().expect("opened");
        super::super::schema::migrate(&mut connection).expect("made");
        let value = |kind| find(&connection, kind, b"a").expect("found").map(|note| note.value);
        for (kind, byte) in [(Kind::File, 1), (Kind::Gone, 2)] {
            assert_eq!(value(kind), None);
            let note = Note { at: Timestamp::from_millis(0), value: vec![byte] };
            put(&connection, kind, b"a", &note).expect("put");
        }
        assert_eq!((value(Kind::File), value(Kind::Gone)), (Some(vec![1]), Some(vec![2])));
        forget(&connection, Kind::File).expect("forgotten");
        assert_eq!((value(Kind::File), value(Kind::Gone)), (None, Some(vec![2])));
    }

    #[test]
    fn the_last_ones_by_date_are_kept() {
        let mut connection = Connection::open_in_memory().expect("opened");
        super::super::schema::migrate(&mut connection).expect("made");
        for (name, at) in [(b"a", 3), (b"b", 1), (b"c", 2)] {
            let note = Note { at: Timestamp::from_millis(at), value: Vec::new() };
            put(&connection, Kind::File, name, &note).expect("put");
        }
        keep_last(&connection, Kind::File, 2).expect("kept");
        let notes = behind(&connection, Kind::File, b"").expect("listed");
        let names: Vec<_> = notes.into_iter().map(|note| note.name).collect();
        assert_eq!(names, [b"a", b"c"]);
    }
}
