//! Rows of the database as values, and back. Nothing that is read counts before its checksum was compared.

use crate::entry::{Condition, Entry, StdinKind};
use crate::exit::Exit;
use crate::key::{Digest, Key, Stamp};
use crate::recording::{Body, Checksum};
use crate::time::{Lifetime, Timestamp};
use rusqlite::Row;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Reads `id, condition, exit, created, elapsed, renewal_failed`; `None` for what cachex never wrote.
pub(in crate::store) fn entry(row: &Row<'_>, key: Key) -> rusqlite::Result<Option<Entry>> {
    let row = EntryRow {
        id: row.get(0)?,
        condition: row.get_ref(1)?.as_blob().unwrap_or_default(),
        exit: row.get(2)?,
        created: row.get(3)?,
        elapsed: row.get(4)?,
        renewal_failed: row.get(5)?,
    };
    Ok(row.entry(key))
}

/// The columns that an entry is made of.
#[derive(Debug)]
pub(in crate::store) struct EntryRow<'a> {
    pub(in crate::store) id: i64,
    pub(in crate::store) condition: &'a [u8],
    pub(in crate::store) exit: i64,
    pub(in crate::store) created: i64,
    pub(in crate::store) elapsed: i64,
    pub(in crate::store) renewal_failed: Option<i64>,
}

impl EntryRow<'_> {
    /// The entry, `None` if cachex never wrote it.
    pub(in crate::store) fn entry(self, key: Key) -> Option<Entry> {
        Some(Entry {
            id: self.id,
            key,
            condition: decode_condition(self.condition)?,
            exit: Exit::Code(u8::try_from(self.exit).ok()?),
            created: Timestamp::from_millis(self.created),
            elapsed: millis(self.elapsed),
            renewal_failed: self.renewal_failed.map(Timestamp::from_millis),
        })
    }
}

/// The columns of the output.
#[derive(Debug)]
pub(in crate::store) struct OutputRow {
    pub(in crate::store) output: u64,
    pub(in crate::store) length: u64,
    pub(in crate::store) checksum: [u8; 16],
    /// The frames; `None` if they are in an object.
    pub(in crate::store) body: Option<Vec<u8>>,
}

impl OutputRow {
    /// Reads the columns `output, length, seal, body` from this one on; `None` for what cachex never wrote.
    pub(in crate::store) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let checksum = row.get_ref(at + 2)?.as_blob().unwrap_or_default();
        Ok(Self::new(row.get(at)?, row.get(at + 1)?, checksum, row.get(at + 3)?))
    }

    pub(in crate::store) fn new(
        output: i64,
        length: i64,
        checksum: &[u8],
        body: Option<Vec<u8>>,
    ) -> Option<Self> {
        let checksum = checksum.try_into().ok()?;
        Some(Self { output: unsigned(output), length: unsigned(length), checksum, body })
    }
}

/// A checksum over everything of an entry that decides what is replayed, and when.
pub(in crate::store) fn checksum(entry: &Entry, body: &Body) -> [u8; 16] {
    let Entry { id: _, key, condition, exit, created, elapsed, renewal_failed: _ } = entry;
    let condition = encode_condition(*condition);
    let checksum = Checksum::of_all(&[
        key.0.as_bytes(),
        &[u8::try_from(condition.len()).unwrap_or(u8::MAX)],
        &condition,
        &[exit.status()],
        &created.as_millis().to_le_bytes(),
        &stored_millis(*elapsed).to_le_bytes(),
        &body.output.to_le_bytes(),
        &body.length.to_le_bytes(),
        &body.checksum.0.to_le_bytes(),
    ]);
    checksum.0.to_le_bytes()
}

/// The conditions that one byte stands for. A number is never used again for something else.
const PLAIN: [(u8, Condition); 9] = [
    (0, Condition::StdinUnread),
    (1, Condition::StdinEmpty(StdinKind::Pipe)),
    (3, Condition::StdinAbsent),
    (4, Condition::StdinEmpty(StdinKind::File)),
    (6, Condition::StdinClosed),
    (7, Condition::StdinSilent(StdinKind::Pipe)),
    (8, Condition::StdinSilent(StdinKind::Socket)),
    (9, Condition::StdinEmpty(StdinKind::Socket)),
    (12, Condition::StdinSilent(StdinKind::File)),
];

/// The first byte of conditions on content.
const CONTENT: [(u8, StdinKind); 3] =
    [(2, StdinKind::Pipe), (5, StdinKind::File), (10, StdinKind::Socket)];

/// The first byte of conditions on a file.
const FILE: u8 = 11;

/// The byte that stands for a value.
fn tag_of<T: PartialEq>(table: &[(u8, T)], value: &T) -> Option<u8> {
    table.iter().find_map(|(tag, of)| (of == value).then_some(*tag))
}

/// The value that a byte stands for.
fn tagged<T: Copy>(table: &[(u8, T)], tag: u8) -> Option<T> {
    table.iter().find_map(|(known, of)| (*known == tag).then_some(*of))
}

pub(in crate::store) fn encode_condition(condition: Condition) -> Vec<u8> {
    let mut encoded = encode_input(condition);
    if let Condition::StdinFile { moved, .. } = condition {
        encoded.extend(moved.to_le_bytes());
    }
    encoded
}

/// What encoded conditions of the same input begin with, and of others never.
pub(in crate::store) fn encode_input(condition: Condition) -> Vec<u8> {
    match condition {
        Condition::StdinFile { input, .. } => [&[FILE][..], input.as_bytes()].concat(),
        Condition::Stdin { kind, digest, length } => {
            let tag = tag_of(&CONTENT, &kind);
            [tag.as_slice(), digest.as_bytes(), &length.to_le_bytes()].concat()
        }
        plain => tag_of(&PLAIN, &plain).into_iter().collect(),
    }
}

fn decode_condition(bytes: &[u8]) -> Option<Condition> {
    let (tag, rest) = bytes.split_first()?;
    if rest.is_empty() {
        return tagged(&PLAIN, *tag);
    }
    let (digest, number) = rest.split_first_chunk()?;
    let (digest, number) = (Digest(*digest), number.try_into().ok()?);
    if *tag == FILE {
        return Some(Condition::StdinFile { input: digest, moved: i64::from_le_bytes(number) });
    }
    let kind = tagged(&CONTENT, *tag)?;
    Some(Condition::Stdin { kind, digest, length: u64::from_le_bytes(number) })
}

/// A digest of files with a checksum behind it.
pub(in crate::store) fn checksummed_digest(path: &Path, of: &Stamp, digest: &Digest) -> Vec<u8> {
    let path = path.as_os_str().as_bytes();
    let checksum = Checksum::of_all(&[of.as_bytes(), digest.as_bytes(), path]);
    [&digest.as_bytes()[..], &checksum.0.to_le_bytes()].concat()
}

/// The counterpart of [`checksummed_digest`]; `None` when it is damaged.
pub(in crate::store) fn checked_digest(path: &Path, of: &Stamp, bytes: &[u8]) -> Option<Digest> {
    let digest = Digest(*bytes.first_chunk()?);
    (checksummed_digest(path, of, &digest) == bytes).then_some(digest)
}

/// A duration as it is stored.
pub(in crate::store) fn stored_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration as it was stored.
pub(in crate::store) fn millis(stored: i64) -> Duration {
    Duration::from_millis(unsigned(stored))
}

pub(in crate::store) fn stored_lifetime(lifetime: Lifetime) -> Option<i64> {
    match lifetime {
        Lifetime::For(duration) => Some(stored_millis(duration)),
        Lifetime::Unlimited => None,
    }
}

pub(in crate::store) fn lifetime(stored: Option<i64>) -> Lifetime {
    stored.map_or(Lifetime::Unlimited, |stored| Lifetime::For(millis(stored)))
}

pub(in crate::store) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored: never negative unless damaged.
pub(in crate::store) fn unsigned(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FileStamp;
    use crate::recording::Content;
    use proptest::prelude::*;

    fn kind() -> impl Strategy<Value = StdinKind> {
        proptest::sample::select(CONTENT.map(|(_, kind)| kind).to_vec())
    }

    fn condition() -> impl Strategy<Value = Condition> {
        prop_oneof![
            Just(Condition::StdinUnread),
            Just(Condition::StdinClosed),
            kind().prop_map(Condition::StdinSilent),
            any::<([u8; 32], i64)>()
                .prop_map(|(input, moved)| Condition::StdinFile { input: Digest(input), moved }),
            kind().prop_map(Condition::StdinEmpty),
            Just(Condition::StdinAbsent),
            (kind(), any::<([u8; 32], u64)>()).prop_map(|(kind, (digest, length))| {
                Condition::Stdin { kind, digest: Digest(digest), length }
            }),
        ]
    }

    fn body(checksum: u128) -> Body {
        let checksum = Checksum(checksum);
        Body { content: Content::Memory(Vec::new()), length: 0, output: 0, checksum }
    }

    fn entry() -> Entry {
        Entry {
            id: 7,
            key: Key(Digest([1; 32])),
            condition: Condition::StdinEmpty(StdinKind::Pipe),
            exit: Exit::Code(0),
            created: Timestamp::from_millis(5),
            elapsed: Duration::from_millis(6),
            renewal_failed: None,
        }
    }

    proptest! {
        #[test]
        fn conditions_survive(condition in condition()) {
            prop_assert_eq!(decode_condition(&encode_condition(condition)), Some(condition));
        }

        #[test]
        fn only_conditions_of_one_input_begin_alike(a in condition(), b in condition(), moved in any::<i64>()) {
            prop_assert_eq!(encode_condition(b).starts_with(&encode_input(a)), a.is_same_input(b));
            if let Condition::StdinFile { input, .. } = a {
                let other = Condition::StdinFile { input, moved };
                prop_assert!(encode_condition(other).starts_with(&encode_input(a)));
            }
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(condition) = decode_condition(&bytes) {
                prop_assert_eq!(encode_condition(condition), bytes);
            }
        }
    }

    #[test]
    fn the_checksum_covers_everything_that_decides() {
        let entry = entry();
        let checksums = [
            checksum(&entry, &body(1)),
            checksum(&entry, &body(2)),
            checksum(&Entry { key: Key(Digest([2; 32])), ..entry.clone() }, &body(1)),
            checksum(&Entry { condition: Condition::StdinUnread, ..entry.clone() }, &body(1)),
            checksum(&Entry { exit: Exit::Code(1), ..entry.clone() }, &body(1)),
            checksum(&Entry { created: Timestamp::from_millis(6), ..entry.clone() }, &body(1)),
            checksum(&Entry { elapsed: Duration::from_millis(5), ..entry.clone() }, &body(1)),
            checksum(&entry, &Body { length: 1, ..body(1) }),
            checksum(&entry, &Body { output: 1, ..body(1) }),
        ];
        let distinct: std::collections::HashSet<_> = checksums.iter().collect();
        assert_eq!(distinct.len(), checksums.len());
    }

    #[test]
    fn a_damaged_digest_is_not_believed() {
        let stamp = FileStamp { device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
        let stamp = Stamp::from(&stamp);
        let digest = Digest([9; 32]);
        let mut bytes = checksummed_digest(Path::new("/x"), &stamp, &digest);
        assert_eq!(checked_digest(Path::new("/x"), &stamp, &bytes), Some(digest));
        assert_eq!(checked_digest(Path::new("/y"), &stamp, &bytes), None);
        bytes[3] ^= 1;
        assert_eq!(checked_digest(Path::new("/x"), &stamp, &bytes), None);
        assert_eq!(checked_digest(Path::new("/x"), &stamp, b"short"), None);
    }
}
