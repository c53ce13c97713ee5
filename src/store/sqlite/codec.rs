//! Converts between rows of the database and values. Nothing that is read may be used before its checksum was compared.

use super::condition::StoredCondition;
use crate::entry::Entry;
use crate::exit::Exit;
use crate::key::{Digest, Key, Stamp};
use crate::recording::{Body, Checksum};
use crate::time::{Lifetime, Timestamp};
use rusqlite::Row;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Reads `id, condition, exit, created, elapsed, renewal_failed`; `None` for values that cachex never wrote.
pub fn entry(row: &Row<'_>, key: Key) -> rusqlite::Result<Option<Entry>> {
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
pub struct EntryRow<'a> {
    pub id: i64,
    pub condition: &'a [u8],
    pub exit: i64,
    pub created: i64,
    pub elapsed: i64,
    pub renewal_failed: Option<i64>,
}

impl EntryRow<'_> {
    /// The entry, `None` if cachex never wrote it.
    pub fn entry(self, key: Key) -> Option<Entry> {
        let StoredCondition { stdin, inputs } = StoredCondition::decode(self.condition)?;
        Some(Entry {
            id: self.id,
            key,
            condition: stdin,
            inputs,
            exit: Exit::Code(u8::try_from(self.exit).ok()?),
            created: Timestamp::from_millis(self.created),
            elapsed: millis(self.elapsed),
            renewal_failed: self.renewal_failed.map(Timestamp::from_millis),
        })
    }
}

/// The columns of the output.
#[derive(Debug)]
pub struct OutputRow {
    /// Bytes of output, those of output files too.
    pub output: u64,
    /// Bytes of frames.
    pub length: u64,
    pub checksum: [u8; 16],
    /// The manifest of output files, as it is stored; `None` if there are none.
    pub outputs: Option<Vec<u8>>,
    /// The frames; `None` if they are in an object.
    pub body: Option<Vec<u8>>,
}

impl OutputRow {
    /// Reads the columns `output, length, seal, outputs, body` from this one on; `None` for values that cachex never
    /// wrote.
    pub fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let checksum = row.get_ref(at + 2)?.as_blob().unwrap_or_default();
        let (outputs, body) = (row.get(at + 3)?, row.get(at + 4)?);
        Ok(Self::new(row.get(at)?, row.get(at + 1)?, checksum, outputs, body))
    }

    pub fn new(
        output: i64,
        length: i64,
        checksum: &[u8],
        outputs: Option<Vec<u8>>,
        body: Option<Vec<u8>>,
    ) -> Option<Self> {
        let checksum = checksum.try_into().ok()?;
        Some(Self { output: unsigned(output), length: unsigned(length), checksum, outputs, body })
    }
}

/// The checksum of an entry. It covers everything that decides what is replayed, and when, with its bytes of output,
/// its frames, and its stored manifest, if it has one.
pub fn checksum(entry: &Entry, output: u64, body: &Body, outputs: Option<&[u8]>) -> [u8; 16] {
    let Entry { id: _, key, condition, inputs, exit, created, elapsed, renewal_failed: _ } = entry;
    let condition = StoredCondition { stdin: *condition, inputs: *inputs }.encode();
    let outputs = outputs.map(|stored| Checksum::of(stored).0.to_le_bytes());
    let checksum = Checksum::of_all(&[
        key.0.as_bytes(),
        &[u8::try_from(condition.len()).unwrap_or(u8::MAX)],
        &condition,
        &[exit.status()],
        &created.as_millis().to_le_bytes(),
        &stored_millis(*elapsed).to_le_bytes(),
        &output.to_le_bytes(),
        &body.length.to_le_bytes(),
        &body.checksum.0.to_le_bytes(),
        outputs.as_ref().map_or(&[], |checksum| &checksum[..]),
    ]);
    checksum.0.to_le_bytes()
}

/// A manifest of output files with a checksum behind it, which shows damage without reading the frames.
pub fn stored_manifest(entry: &Entry, manifest: &[u8]) -> Vec<u8> {
    let created = entry.created.as_millis().to_le_bytes();
    let checksum = Checksum::of_all(&[entry.key.0.as_bytes(), &created, manifest]);
    [manifest, &checksum.0.to_le_bytes()].concat()
}

/// The counterpart of [`stored_manifest`]; `None` when it is damaged.
pub fn manifest(entry: &Entry, stored: &[u8]) -> Option<Vec<u8>> {
    let manifest = &stored[..stored.len().checked_sub(size_of::<u128>())?];
    (stored_manifest(entry, manifest) == stored).then(|| manifest.to_vec())
}

/// A digest of files with a checksum behind it.
pub fn checksummed_digest(path: &Path, of: &Stamp, digest: &Digest) -> Vec<u8> {
    let path = path.as_os_str().as_bytes();
    let checksum = Checksum::of_all(&[of.as_bytes(), digest.as_bytes(), path]);
    [&digest.as_bytes()[..], &checksum.0.to_le_bytes()].concat()
}

/// The counterpart of [`checksummed_digest`]; `None` when it is damaged.
pub fn checked_digest(path: &Path, of: &Stamp, bytes: &[u8]) -> Option<Digest> {
    let digest = Digest(*bytes.first_chunk()?);
    (checksummed_digest(path, of, &digest) == bytes).then_some(digest)
}

/// A duration as it is stored.
pub fn stored_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration as it was stored.
pub fn millis(stored: i64) -> Duration {
    Duration::from_millis(unsigned(stored))
}

pub fn stored_lifetime(lifetime: Lifetime) -> Option<i64> {
    match lifetime {
        Lifetime::For(duration) => Some(stored_millis(duration)),
        Lifetime::Unlimited => None,
    }
}

pub fn lifetime(stored: Option<i64>) -> Lifetime {
    stored.map_or(Lifetime::Unlimited, |stored| Lifetime::For(millis(stored)))
}

pub fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored: never negative unless damaged.
pub fn unsigned(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Condition, StdinKind};
    use crate::inputs::InputsId;
    use crate::key::FileStamp;
    use crate::recording::Content;

    fn body(checksum: u128) -> Body {
        let checksum = Checksum(checksum);
        Body { content: Content::Memory(Vec::new()), length: 0, output: 0, checksum }
    }

    fn entry() -> Entry {
        Entry {
            id: 7,
            key: Key(Digest([1; 32])),
            condition: Condition::StdinEmpty(StdinKind::Pipe),
            inputs: None,
            exit: Exit::Code(0),
            created: Timestamp::from_millis(5),
            elapsed: Duration::from_millis(6),
            renewal_failed: None,
        }
    }

    fn inputs(shape: u8, states: u8) -> InputsId {
        InputsId { shape: Digest([shape; 32]), states: Digest([states; 32]) }
    }

    #[test]
    fn the_checksum_covers_everything_that_decides() {
        let entry = entry();
        let checksum = |entry: &Entry, body: &Body| checksum(entry, 0, body, None);
        let checksums = [
            checksum(&entry, &body(1)),
            checksum(&entry, &body(2)),
            checksum(&Entry { key: Key(Digest([2; 32])), ..entry.clone() }, &body(1)),
            checksum(&Entry { condition: Condition::StdinUnread, ..entry.clone() }, &body(1)),
            checksum(&Entry { inputs: Some(inputs(1, 2)), ..entry.clone() }, &body(1)),
            checksum(&Entry { inputs: Some(inputs(1, 3)), ..entry.clone() }, &body(1)),
            checksum(&Entry { inputs: Some(inputs(2, 2)), ..entry.clone() }, &body(1)),
            checksum(&Entry { exit: Exit::Code(1), ..entry.clone() }, &body(1)),
            checksum(&Entry { created: Timestamp::from_millis(6), ..entry.clone() }, &body(1)),
            checksum(&Entry { elapsed: Duration::from_millis(5), ..entry.clone() }, &body(1)),
            checksum(&entry, &Body { length: 1, ..body(1) }),
            super::checksum(&entry, 1, &body(1), None),
            super::checksum(&entry, 0, &body(1), Some(b"")),
            super::checksum(&entry, 0, &body(1), Some(b"a")),
        ];
        let distinct: std::collections::HashSet<_> = checksums.iter().collect();
        assert_eq!(distinct.len(), checksums.len());
    }

    #[test]
    fn a_damaged_manifest_is_not_believed() {
        let entry = entry();
        let stored = stored_manifest(&entry, b"files");
        assert_eq!(manifest(&entry, &stored).as_deref(), Some(&b"files"[..]));
        for place in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[place] ^= 1;
            assert_eq!(manifest(&entry, &damaged), None, "{place}");
            assert_eq!(manifest(&entry, &stored[..place]), None, "{place}");
        }
        let other = Entry { key: Key(Digest([2; 32])), ..entry };
        assert_eq!(manifest(&other, &stored), None);
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
