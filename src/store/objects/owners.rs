//! The rows that own objects, the total size of all objects, and the notes of objects that may have no owner.
//!
//! Everything happens in the transaction of the caller. The total is kept as a sum, so that a fill need not add it up.

use super::directory::name_of;
use crate::recording::{BlockFile, ContentDigest, StreamSet};
use crate::store::error::StoreError;
use crate::store::sqlite::codec;
use crate::store::sqlite::notes::{Note, NoteKind, Notes};
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The place of recorded output among the objects of its entry.
pub(in crate::store) const OUTPUT_PLACE: i64 = 0;

/// The object that holds the output of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct OutputObject {
    pub(in crate::store) digest: ContentDigest,
    pub(in crate::store) streams: StreamSet,
}

impl OutputObject {
    /// From its columns; `None` for what cachex never wrote.
    pub(in crate::store) fn new(digest: &[u8], streams: i64) -> Option<Self> {
        let digest = ContentDigest(digest.try_into().ok()?);
        Some(Self { digest, streams: StreamSet::from_bits(streams)? })
    }

    /// That of an entry, if it has one.
    pub(in crate::store) fn of_entry(
        connection: &Connection,
        entry: i64,
    ) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT digest, streams FROM object WHERE entry = ?1 AND place = ?2";
        let found = connection.query_row(sql, [entry, OUTPUT_PLACE], |row| {
            Ok(Self::new(row.get_ref(0)?.as_blob().unwrap_or_default(), row.get(1)?))
        });
        Ok(found.optional()?.flatten())
    }
}

/// Lets an entry own the object that holds its output.
pub(in crate::store) fn own(
    connection: &Connection,
    entry: i64,
    file: &BlockFile,
    size: u64,
) -> Result<(), StoreError> {
    let (digest, streams) = (file.digest, file.streams.bits());
    let size = codec::stored_count(size);
    if !is_owned(connection, &digest.0)? {
        change_total(connection, size)?;
    }
    let sql = "INSERT OR REPLACE INTO object (entry, place, digest, size, streams)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![entry, OUTPUT_PLACE, digest.0, size, streams])?;
    Notes::of(connection, NoteKind::Unsettled).forget(&digest.0)
}

/// Removes the rows of an entry, and notes the objects that have no owner any more.
pub(in crate::store) fn disown(connection: &Connection, entry: i64) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("DELETE FROM object WHERE entry = ?1 RETURNING digest, size")?;
    let rows = statement.query_map([entry], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (digest, size) in rows.collect::<Result<Vec<(Vec<u8>, i64)>, _>>()? {
        if !is_owned(connection, &digest)? {
            change_total(connection, size.saturating_neg())?;
            note_unsettled(connection, &digest)?;
        }
    }
    Ok(())
}

/// Whether any row owns the object of this digest.
pub(in crate::store) fn is_owned(
    connection: &Connection,
    digest: &[u8],
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM object WHERE digest = ?1)";
    Ok(connection.query_row(sql, [digest], |row| row.get(0))?)
}

/// Whether any row owns the object of this name.
pub(in crate::store) fn is_name_owned(
    connection: &Connection,
    name: &[u8],
) -> Result<bool, StoreError> {
    digest_of(name).map_or(Ok(false), |digest| is_owned(connection, &digest.0))
}

/// The digest that a name stands for.
fn digest_of(name: &[u8]) -> Option<ContentDigest> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let (pairs, rest) = name.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let digest = ContentDigest(bytes.collect::<Option<Vec<_>>>()?.try_into().ok()?);
    // There is one way to write it.
    (rest.is_empty() && name_of(digest).as_bytes() == name).then_some(digest)
}

/// Notes that an object may have a file and no owner.
pub(super) fn note_unsettled(connection: &Connection, digest: &[u8]) -> Result<(), StoreError> {
    let note = Note { at: Timestamp::now(), value: Vec::new() };
    Notes::of(connection, NoteKind::Unsettled).put(digest, &note)
}

/// Whether a note names an object, so that its file is found after a kill.
pub(super) fn is_noted(connection: &Connection, digest: ContentDigest) -> Result<bool, StoreError> {
    Ok(Notes::of(connection, NoteKind::Unsettled).find(&digest.0)?.is_some())
}

/// Whether a note names any object.
pub(in crate::store) fn are_unsettled(connection: &Connection) -> Result<bool, StoreError> {
    Ok(Notes::of(connection, NoteKind::Unsettled).last_name()?.is_some())
}

/// The total size of all objects, in bytes.
pub(in crate::store) fn total(connection: &Connection) -> Result<u64, StoreError> {
    let note = Notes::of(connection, NoteKind::ObjectBytes).find(&[])?;
    Ok(note.map_or(0, |note| codec::unsigned(note.at.as_millis())))
}

fn change_total(connection: &Connection, change: i64) -> Result<(), StoreError> {
    let total = codec::stored_count(total(connection)?);
    set_total(connection, total.saturating_add(change).max(0))
}

fn set_total(connection: &Connection, total: i64) -> Result<(), StoreError> {
    let note = Note { at: Timestamp::from_millis(total), value: Vec::new() };
    Notes::of(connection, NoteKind::ObjectBytes).put(&[], &note)
}

/// Removes rows of entries that do not exist, and adds up the total anew. Only damage or another program makes that
/// necessary.
pub(super) fn repair(connection: &Connection) -> Result<(), StoreError> {
    let dangling = "NOT EXISTS (SELECT 1 FROM entry WHERE entry.id = object.entry)";
    connection.execute(&format!("DELETE FROM object WHERE {dangling}"), [])?;
    repair_total(connection)
}

fn repair_total(connection: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT CAST(total(size) AS INTEGER) FROM
               (SELECT max(size) AS size FROM object GROUP BY digest)";
    let counted = connection.query_row(sql, [], |row| row.get(0))?;
    if codec::unsigned(counted) == total(connection)? {
        return Ok(());
    }
    set_total(connection, counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn insert(connection: &Connection, entry: i64, number: u8) {
        let file = tempfile::tempfile().expect("made");
        let digest = ContentDigest([number; 32]);
        let file = BlockFile::read(file, 0, StreamSet::default(), digest).expect("read");
        own(connection, entry, &file, 10 + u64::from(number)).expect("owned");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_total_is_that_of_distinct_objects_and_the_rest_is_noted(
            steps in proptest::collection::vec((1..6_i64, proptest::option::of(0..4_u8)), 0..40),
        ) {
            let mut connection = Connection::open_in_memory().expect("opened");
            schema::migrate(&mut connection).expect("made");
            let (mut owned, mut seen) = (BTreeMap::new(), BTreeSet::new());
            for (entry, number) in steps {
                disown(&connection, entry).expect("disowned");
                owned.remove(&entry);
                if let Some(number) = number {
                    insert(&connection, entry, number);
                    owned.insert(entry, number);
                    seen.insert(number);
                }
                let distinct: BTreeSet<u8> = owned.values().copied().collect();
                let expected: u64 = distinct.iter().map(|number| 10 + u64::from(*number)).sum();
                prop_assert_eq!(total(&connection).expect("known"), expected);
                repair_total(&connection).expect("counted");
                prop_assert_eq!(total(&connection).expect("known"), expected);
                for number in 0..4 {
                    let digest = ContentDigest([number; 32]);
                    let is_owned = is_name_owned(&connection, name_of(digest).as_bytes());
                    prop_assert_eq!(is_owned.expect("known"), distinct.contains(&number));
                    let is_unowned = seen.contains(&number) && !distinct.contains(&number);
                    prop_assert_eq!(is_noted(&connection, digest).expect("known"), is_unowned);
                }
                prop_assert_eq!(are_unsettled(&connection).expect("known"), seen.len() > distinct.len());
            }
        }
    }

    #[test]
    fn only_names_of_objects_have_a_digest() {
        let name = name_of(ContentDigest([0xab; 32]));
        assert_eq!(digest_of(name.as_bytes()), Some(ContentDigest([0xab; 32])));
        for other in ["", "ab", &name[1..], &name.to_uppercase(), &(name.clone() + ".copy")] {
            assert_eq!(digest_of(other.as_bytes()), None, "{other}");
        }
    }
}
