//! The objects of an entry that is about to be stored: its long output, and the files that its command wrote.
//!
//! The objects get their names in the transaction that stores the entry, just before it ends. Until then, long output
//! is a file without a name, and output files are copies in [`staging`]. Content that is in the store already is not
//! copied again.

use super::directory::{ObjectDirectory, STAGING, is_linkable};
use super::owners::{self, OUTPUT_PLACE, OwnedObject};
use super::staging::{self, ObjectStaging};
use crate::content::{CopyError, copy_content};
use crate::entry::{NewEntry, NewOutputs};
use crate::recording::{BlockFile, Content, StreamSet};
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;

/// All objects of a new entry.
pub struct NewObjects<'n> {
    directory: ObjectDirectory,
    objects: Vec<NewObject<'n>>,
    outputs: Option<&'n NewOutputs<'n>>,
    /// Made once there is something to copy.
    staging: Option<ObjectStaging>,
}

/// One object of a new entry.
#[derive(Debug)]
struct NewObject<'n> {
    owned: OwnedObject,
    source: ObjectSource<'n>,
    state: ObjectState,
}

/// Where the content of an object comes from.
#[derive(Clone, Copy, Debug)]
enum ObjectSource<'n> {
    Output(&'n BlockFile),
    /// An output file, by its index in the list.
    OutputFile(usize),
}

/// Where the content of an object is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObjectState {
    /// In its source. It has to be copied.
    Missing,
    /// In a file without a name, which can be linked.
    Unnamed,
    /// In a copy in the staging directory.
    Staged,
    /// In the store. It may be removed as long as nothing owns it.
    InPlace,
}

impl<'n> NewObjects<'n> {
    /// Looks for content that is in the store already. Returns `None` if the entry has no objects. No transaction must
    /// be open.
    pub fn prepare(
        location: &StoreLocation,
        new: &'n NewEntry<'n>,
    ) -> Result<Option<Self>, StoreError> {
        let output = match &new.recording.body.content {
            Content::File(file) => Some(file),
            Content::Memory(_) => None,
        };
        let files = new.outputs.as_ref().map_or(&[][..], |outputs| &outputs.files);
        if output.is_none() && files.is_empty() {
            return Ok(None);
        }
        let directory = ObjectDirectory::make(location)?;
        let mut objects = Vec::new();
        if let Some(file) = output {
            let BlockFile { digest, streams, .. } = *file;
            let size = new.recording.body.length;
            let owned = OwnedObject { place: OUTPUT_PLACE, digest, size, streams };
            let is_unnamed = is_linkable(&file.file);
            let state = if is_unnamed { ObjectState::Unnamed } else { ObjectState::Missing };
            objects.push(NewObject { owned, source: ObjectSource::Output(file), state });
        }
        let mut known = BTreeSet::new();
        for (number, file) in files.iter().enumerate() {
            if !known.insert(file.digest.0) {
                continue;
            }
            let place = OUTPUT_PLACE + i64::try_from(known.len()).unwrap_or(i64::MAX);
            let streams = StreamSet::default();
            let owned = OwnedObject { place, digest: file.digest, size: file.size, streams };
            let is_in_place = owned.is_intact(&directory)?;
            let state = if is_in_place { ObjectState::InPlace } else { ObjectState::Missing };
            objects.push(NewObject { owned, source: ObjectSource::OutputFile(number), state });
        }
        Ok(Some(Self { directory, objects, outputs: new.outputs.as_ref(), staging: None }))
    }

    /// Notes the objects that are about to be linked, unless notes name them already, and makes a staging directory if
    /// something has to be copied. If this returns true, nothing more can be done in this transaction: commit it, call
    /// [`stage`](Self::stage), and try again in another one.
    pub fn announce(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        for object in &mut self.objects {
            let is_in_place = object.state == ObjectState::InPlace;
            if is_in_place && !self.directory.has(object.owned.digest) {
                object.state = ObjectState::Missing;
            }
        }
        let must_copy = self.objects.iter().any(|object| object.state == ObjectState::Missing);
        if must_copy && self.staging.is_none() {
            if owners::note_unsettled(connection, [STAGING.as_bytes()])? {
                return Ok(true);
            }
            self.staging = Some(ObjectStaging::make(&self.directory)?);
        }
        let new = self.objects.iter().filter(|object| object.state != ObjectState::InPlace);
        let digests = new.map(|object| &object.owned.digest.0[..]);
        Ok(owners::note_unsettled(connection, digests)? || must_copy)
    }

    /// Copies the files that have to be copied. Returns false if one of them has changed. No transaction must be open.
    pub fn stage(&mut self) -> Result<bool, StoreError> {
        let Some(staging) = &self.staging else { return Ok(true) };
        for object in self.objects.iter_mut().filter(|it| it.state == ObjectState::Missing) {
            let OwnedObject { digest, size, .. } = object.owned;
            let from = match object.source {
                ObjectSource::Output(file) => Some(file.file.try_clone()?),
                ObjectSource::OutputFile(number) => {
                    self.outputs.map_or(Ok(None), |outputs| (outputs.open)(number))?
                }
            };
            let Some(from) = from else { return Ok(false) };
            match copy_content(&from, &staging.create(digest)?, size) {
                Ok(copied) if copied == digest => object.state = ObjectState::Staged,
                Ok(_) => return Ok(false),
                Err(fault) if fault.is_other_length() => return Ok(false),
                Err(CopyError::Source(error) | CopyError::Copy(error)) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Gives the objects their names. Drop the returned files after the transaction.
    pub fn link(&mut self, connection: &Connection) -> Result<Option<File>, StoreError> {
        let mut replaced = None;
        for NewObject { owned, source, state } in &self.objects {
            match (state, source, &self.staging) {
                (ObjectState::InPlace, ..) => {}
                (ObjectState::Unnamed, ObjectSource::Output(file), _) => {
                    replaced = self.directory.link(&file.file, owned.digest)?;
                }
                (ObjectState::Staged, _, Some(staging)) => {
                    staging.publish(&self.directory, owned.digest)?;
                }
                _ => return Err(io::Error::other("an object was not copied").into()),
            }
        }
        if let Some(staging) = self.staging.take() {
            drop(staging);
            if staging::is_free(&self.directory)? {
                owners::forget_unsettled(connection, [STAGING.as_bytes()])?;
            }
        }
        Ok(replaced)
    }

    /// Lets an entry own them.
    pub fn own(&self, connection: &Connection, entry: i64) -> Result<(), StoreError> {
        owners::own(connection, entry, self.objects.iter().map(|object| object.owned))
    }

    /// The total size of the objects in bytes.
    pub fn size(&self) -> u64 {
        let sizes = self.objects.iter().map(|object| object.owned.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// The total size of the objects that no entry owns yet, in bytes.
    pub fn unowned_size(&self, connection: &Connection) -> Result<u64, StoreError> {
        let mut size = 0_u64;
        for NewObject { owned, .. } in &self.objects {
            if !owners::is_owned(connection, &owned.digest.0)? {
                size = size.saturating_add(owned.size);
            }
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Condition, EntryOrigin};
    use crate::exit::Exit;
    use crate::key::{Digest, Key};
    use crate::recording::{Body, Checksum, ContentDigest, Recording};
    use crate::store::sqlite::schema;
    use crate::time::{Lifetime, Timestamp};
    use std::io::Write;
    use std::time::Duration;

    /// An entry with output in a file that had a name and cannot be given one again.
    fn new_entry<'a>(content: &[u8], ignored: &'a BTreeSet<std::ffi::OsString>) -> NewEntry<'a> {
        let mut named = tempfile::NamedTempFile::new().expect("made");
        named.write_all(content).expect("written");
        let digest = ContentDigest(*blake3::hash(content).as_bytes());
        let length = content.len() as u64;
        let file = BlockFile::read(named.into_file(), length, StreamSet::default(), digest);
        let content = Content::File(file.expect("read"));
        let body = Body { content, length, output: length, checksum: Checksum(0) };
        NewEntry {
            origin: EntryOrigin::Run,
            key: Key(Digest([1; 32])),
            condition: Condition::StdinAbsent,
            inputs: None,
            recording: Recording {
                body,
                exit: Exit::Code(0),
                ended: Timestamp::now(),
                elapsed: Duration::ZERO,
            },
            outputs: None,
            scope: "",
            words: Vec::new(),
            ignored,
            directory: None,
            lifetime: Lifetime::Unlimited,
            parts: Vec::new(),
        }
    }

    #[test]
    fn output_that_cannot_be_linked_is_copied() {
        let root = tempfile::tempdir().expect("made");
        let location = StoreLocation::prepare(root.path()).expect("ours");
        let mut connection = Connection::open_in_memory().expect("opened");
        schema::migrate(&mut connection).expect("made");
        let ignored = BTreeSet::new();
        for entry in 1..3 {
            let new = new_entry(b"long output", &ignored);
            let objects = NewObjects::prepare(&location, &new).expect("prepared");
            let mut objects = objects.expect("one");
            while objects.announce(&connection).expect("noted") {
                assert!(objects.stage().expect("copied"));
            }
            objects.own(&connection, entry).expect("owned");
            objects.link(&connection).expect("linked");
            let directory = ObjectDirectory::open(&location).expect("opened").expect("there");
            let digest = ContentDigest(*blake3::hash(b"long output").as_bytes());
            let file = directory.read(digest).expect("opened").expect("there");
            assert_eq!(io::read_to_string(file).expect("read"), "long output");
            assert_eq!(directory.names().expect("listed").len(), 1);
            assert!(!directory.path.join(STAGING).exists());
            assert!(!owners::are_unsettled(&connection).expect("known"));
        }
    }
}
