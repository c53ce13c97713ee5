//! The rows that own objects, the total size of all objects, and the notes of objects that may have no owner.
//!
//! Everything happens in the transaction of the caller. The total is kept as a sum, so that a fill need not add it up.

use super::directory::{ObjectDirectory, name_of};
use crate::content::has_content;
use crate::recording::{ContentDigest, StreamSet};
use crate::store::error::StoreError;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::{codec, rows};
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::io;

/// The place of recorded output among the objects of its entry.
pub const OUTPUT_PLACE: i64 = 0;

/// The object that holds the output of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputObject {
    pub digest: ContentDigest,
    pub streams: StreamSet,
}

impl OutputObject {
    /// Reads the columns of an object; `None` if cachex never wrote them.
    pub fn new(digest: &[u8], streams: i64) -> Option<Self> {
        let digest = ContentDigest(digest.try_into().ok()?);
        Some(Self { digest, streams: StreamSet::from_bits(streams)? })
    }

    /// The object that holds the output of this entry, if there is one.
    pub fn of_entry(connection: &Connection, entry: i64) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT digest, streams FROM object WHERE entry = ?1 AND place = ?2";
        let found = connection.query_row(sql, [entry, OUTPUT_PLACE], |row| {
            Ok(Self::new(row.get_ref(0)?.as_blob().unwrap_or_default(), row.get(1)?))
        });
        Ok(found.optional()?.flatten())
    }
}

/// An object as an entry owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnedObject {
    /// Its place among the objects of the entry.
    pub place: i64,
    pub digest: ContentDigest,
    pub size: u64,
    pub streams: StreamSet,
}

impl OwnedObject {
    /// The output files of an entry, each content once.
    pub fn output_files(connection: &Connection, entry: i64) -> Result<Vec<Self>, StoreError> {
        let sql = "SELECT place, digest, size FROM object WHERE entry = ?1 AND place > ?2";
        rows::all(connection, sql, [entry, OUTPUT_PLACE], |row| {
            let digest = row.get_ref(1)?.as_blob().ok().and_then(|it| it.try_into().ok());
            // If its digest differs, the content is damaged.
            let digest = ContentDigest(digest.unwrap_or_default());
            let (place, size) = (row.get(0)?, codec::unsigned(row.get(2)?));
            Ok(Self { place, digest, size, streams: StreamSet::default() })
        })
    }

    /// Whether its file is there and has its content. Reads all of it.
    pub fn is_intact(&self, directory: &ObjectDirectory) -> io::Result<bool> {
        // A file that cannot be read counts as damaged.
        let is_whole = |file| has_content(&file, self.digest, self.size).unwrap_or(false);
        Ok(directory.read(self.digest)?.is_some_and(is_whole))
    }
}

/// Lets an entry own objects.
pub fn own(
    connection: &Connection,
    entry: i64,
    objects: impl IntoIterator<Item = OwnedObject>,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare(
        "INSERT OR REPLACE INTO object (entry, place, digest, size, streams)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut is_owned = connection.prepare(IS_OWNED)?;
    let (mut added, mut digests) = (0_i64, Vec::new());
    for OwnedObject { place, digest, size, streams } in objects {
        let size = codec::stored_count(size);
        if !is_owned.query_row([digest.0], |row| row.get(0))? {
            added = added.saturating_add(size);
        }
        insert.execute(params![entry, place, digest.0, size, streams.bits()])?;
        digests.push(digest.0);
    }
    change_total(connection, added)?;
    forget_unsettled(connection, digests.iter().map(|digest| &digest[..]))
}

/// Removes the rows of these entries, and notes the objects that have no owner any more.
pub fn disown(connection: &Connection, entries: &str) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM object WHERE entry IN ({entries}) RETURNING digest, size");
    let rows = rows::all(connection, &sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: BTreeMap<Vec<u8>, i64> = rows.into_iter().collect();
    let mut is_owned = connection.prepare(IS_OWNED)?;
    let (mut removed, mut unowned) = (0_i64, Vec::new());
    for (digest, size) in &rows {
        if !is_owned.query_row([digest], |row| row.get(0))? {
            removed = removed.saturating_add(*size);
            unowned.push(&digest[..]);
        }
    }
    change_total(connection, removed.saturating_neg())?;
    note_unsettled(connection, unowned).map(drop)
}

/// Like [`disown`], for all entries except these few.
pub fn disown_all_but(connection: &Connection, spared: &str) -> Result<(), StoreError> {
    let notes = format!(
        "INSERT OR IGNORE INTO note (kind, name, at, value)
         SELECT DISTINCT ?1, digest, ?2, x'' FROM object WHERE entry NOT IN ({spared})
         AND digest NOT IN (SELECT digest FROM object WHERE entry IN ({spared}))"
    );
    let parameters = params![NoteKind::Unsettled as i64, Timestamp::now().as_millis()];
    connection.execute(&notes, parameters)?;
    connection.execute(&format!("DELETE FROM object WHERE entry NOT IN ({spared})"), [])?;
    repair_total(connection)
}

const IS_OWNED: &str = "SELECT EXISTS (SELECT 1 FROM object WHERE digest = ?1)";

/// Whether any row owns the object of this digest.
pub fn is_owned(connection: &Connection, digest: &[u8]) -> Result<bool, StoreError> {
    Ok(connection.query_row(IS_OWNED, [digest], |row| row.get(0))?)
}

/// Whether any row owns the object of this name.
pub fn is_name_owned(connection: &Connection, name: &[u8]) -> Result<bool, StoreError> {
    digest_of(name).map_or(Ok(false), |digest| is_owned(connection, &digest.0))
}

/// The digest that a name stands for.
fn digest_of(name: &[u8]) -> Option<ContentDigest> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let (pairs, rest) = name.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let digest = ContentDigest(bytes.collect::<Option<Vec<_>>>()?.try_into().ok()?);
    // Only lowercase digits are a name.
    (rest.is_empty() && name_of(digest).as_bytes() == name).then_some(digest)
}

/// Notes that objects may have a file and no owner. Objects that have a note already are left out. Returns whether it
/// wrote any note.
pub(super) fn note_unsettled<'d>(
    connection: &Connection,
    digests: impl IntoIterator<Item = &'d [u8]>,
) -> Result<bool, StoreError> {
    let notes = Notes::of(connection, NoteKind::Unsettled);
    digests.into_iter().try_fold(false, |any, digest| Ok(any | notes.put_new(digest)?))
}

/// Forgets the notes of objects, as far as there are any.
pub(super) fn forget_unsettled<'d>(
    connection: &Connection,
    digests: impl IntoIterator<Item = &'d [u8]>,
) -> Result<(), StoreError> {
    let notes = Notes::of(connection, NoteKind::Unsettled);
    digests.into_iter().try_for_each(|digest| notes.forget(digest))
}

/// Whether a note names any object.
pub fn are_unsettled(connection: &Connection) -> Result<bool, StoreError> {
    Ok(Notes::of(connection, NoteKind::Unsettled).last_name()?.is_some())
}

/// The total size of all objects, in bytes.
pub fn total(connection: &Connection) -> Result<u64, StoreError> {
    let note = Notes::of(connection, NoteKind::ObjectBytes).find(&[])?;
    Ok(note.map_or(0, |note| codec::unsigned(note.at.as_millis())))
}

fn change_total(connection: &Connection, change: i64) -> Result<(), StoreError> {
    if change == 0 {
        return Ok(());
    }
    let total = codec::stored_count(total(connection)?);
    set_total(connection, total.saturating_add(change).max(0))
}

fn set_total(connection: &Connection, total: i64) -> Result<(), StoreError> {
    Notes::of(connection, NoteKind::ObjectBytes).put(&[], Timestamp::from_millis(total), &[])
}

/// Removes rows of entries that do not exist, and adds up the total anew. That is necessary only after damage, or if
/// another program changed the rows.
pub fn repair(connection: &Connection) -> Result<(), StoreError> {
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
    use std::collections::BTreeSet;

    /// Lets an entry own objects of these numbers.
    fn insert(connection: &Connection, entry: i64, numbers: &BTreeSet<u8>) {
        let owned = numbers.iter().zip(0..).map(|(number, place)| OwnedObject {
            place,
            digest: ContentDigest([*number; 32]),
            size: 10 + u64::from(*number),
            streams: StreamSet::default(),
        });
        own(connection, entry, owned).expect("owned");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_total_counts_each_object_once_and_unowned_objects_are_noted(
            steps in proptest::collection::vec(
                (1..6_i64, proptest::collection::btree_set(0..6_u8, 0..4), 0..8), 0..40),
        ) {
            let mut connection = Connection::open_in_memory().expect("opened");
            schema::migrate(&mut connection).expect("made");
            let (mut owned, mut seen) = (BTreeMap::new(), BTreeSet::new());
            for (entry, numbers, others) in steps {
                disown(&connection, &entry.to_string()).expect("disowned");
                owned.remove(&entry);
                insert(&connection, entry, &numbers);
                seen.extend(numbers.iter().copied());
                owned.insert(entry, numbers);
                if others == 0 {
                    disown_all_but(&connection, &entry.to_string()).expect("disowned");
                    owned.retain(|other, _| *other == entry);
                }
                let distinct: BTreeSet<u8> = owned.values().flatten().copied().collect();
                let expected: u64 = distinct.iter().map(|number| 10 + u64::from(*number)).sum();
                prop_assert_eq!(total(&connection).expect("known"), expected);
                repair_total(&connection).expect("counted");
                prop_assert_eq!(total(&connection).expect("known"), expected);
                for number in 0..6 {
                    let digest = ContentDigest([number; 32]);
                    let is_owned = is_name_owned(&connection, name_of(digest).as_bytes());
                    prop_assert_eq!(is_owned.expect("known"), distinct.contains(&number));
                    let is_unowned = seen.contains(&number) && !distinct.contains(&number);
                    let note = Notes::of(&connection, NoteKind::Unsettled).find(&digest.0);
                    prop_assert_eq!(note.expect("known").is_some(), is_unowned);
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
