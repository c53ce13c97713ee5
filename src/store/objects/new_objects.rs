//! The objects of an entry that is about to be stored: its long output, and the files that its command wrote.
//!
//! They get their names in the transaction that stores the entry, just before it ends. Before, long output is a file
//! without a name, and output files are copies in [`staging`](super::staging). Content that is in the store already is
//! not copied again.

use super::copying::Copying;
use super::directory::{ObjectDirectory, STAGING, is_linkable};
use super::owners::{self, OUTPUT_PLACE, OwnedObject};
use super::staging::{self, ObjectStaging};
use crate::entry::{NewEntry, NewOutputs};
use crate::recording::{BlockFile, Content, StreamSet};
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;

/// All objects of a new entry.
#[derive(Debug)]
pub(in crate::store) struct NewObjects<'n> {
    directory: ObjectDirectory,
    objects: Vec<NewObject<'n>>,
    outputs: Option<&'n NewOutputs<'n>>,
    /// Made once there is something to copy.
    staging: Option<ObjectStaging>,
}

/// One of them.
#[derive(Debug)]
struct NewObject<'n> {
    owned: OwnedObject,
    source: ObjectSource<'n>,
    state: ObjectState,
}

/// Where its content comes from.
#[derive(Clone, Copy, Debug)]
enum ObjectSource<'n> {
    Output(&'n BlockFile),
    /// An output file, by its place in the list.
    OutputFile(usize),
}

/// Where its content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObjectState {
    /// In its source, to be copied.
    Missing,
    /// In a file without a name, which can be linked.
    Unnamed,
    /// In a copy.
    Staged,
    /// In the store. It may be removed as long as nothing owns it.
    InPlace,
}

impl<'n> NewObjects<'n> {
    /// Looks at what is in the store already; `None` if an entry has no objects. No transaction must be open.
    pub(in crate::store) fn prepare(
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
        let (mut known, mut copying) = (BTreeSet::new(), Copying::default());
        for (number, file) in files.iter().enumerate() {
            if !known.insert(file.digest.0) {
                continue;
            }
            let place = OUTPUT_PLACE + i64::try_from(known.len()).unwrap_or(i64::MAX);
            let streams = StreamSet::default();
            let owned = OwnedObject { place, digest: file.digest, size: file.size, streams };
            let is_in_place = owned.is_intact(&directory, &mut copying)?;
            let state = if is_in_place { ObjectState::InPlace } else { ObjectState::Missing };
            objects.push(NewObject { owned, source: ObjectSource::OutputFile(number), state });
        }
        Ok(Some(Self { directory, objects, outputs: new.outputs.as_ref(), staging: None }))
    }

    /// Notes the objects that are about to be linked, unless notes name them already, and makes room to copy what has to be
    /// copied. Returns whether that is all that can be done now: then the transaction has to be committed,
    /// [`stage`](Self::stage) does its part, and another transaction tries again.
    pub(in crate::store) fn announce(
        &mut self,
        connection: &Connection,
    ) -> Result<bool, StoreError> {
        let mut unnoted = Vec::new();
        for object in &mut self.objects {
            let digest = object.owned.digest;
            if object.state == ObjectState::InPlace {
                if owners::is_owned(connection, &digest.0)? || self.directory.has(digest) {
                    continue;
                }
                object.state = ObjectState::Missing;
            }
            if !owners::is_noted(connection, &digest.0)? {
                unnoted.push(digest.0);
            }
        }
        let must_copy = self.objects.iter().any(|object| object.state == ObjectState::Missing);
        let mut names: Vec<&[u8]> = unnoted.iter().map(|digest| &digest[..]).collect();
        if must_copy && self.staging.is_none() {
            if owners::is_noted(connection, STAGING.as_bytes())? {
                self.staging = Some(ObjectStaging::make(&self.directory)?);
            } else {
                names.push(STAGING.as_bytes());
            }
        }
        owners::note_unsettled(connection, names.iter().copied())?;
        Ok(must_copy || !names.is_empty())
    }

    /// Copies what has to be copied. Returns false if a file is not any more what it was. No transaction must be open.
    pub(in crate::store) fn stage(&mut self) -> Result<bool, StoreError> {
        let Some(staging) = &self.staging else { return Ok(true) };
        let mut copying = Copying::default();
        for object in self.objects.iter_mut().filter(|it| it.state == ObjectState::Missing) {
            let OwnedObject { digest, size, .. } = object.owned;
            let opened;
            let from = match object.source {
                ObjectSource::Output(file) => &file.file,
                ObjectSource::OutputFile(number) => {
                    let open = |outputs: &NewOutputs<'_>| (outputs.open)(number);
                    let Some(file) = self.outputs.map_or(Ok(None), open)? else {
                        return Ok(false);
                    };
                    opened = file;
                    &opened
                }
            };
            if copying.copy(from, &staging.create(digest)?, size)? != Some(digest) {
                return Ok(false);
            }
            object.state = ObjectState::Staged;
        }
        Ok(true)
    }

    /// Gives them their names. Drop what is returned once the transaction has ended.
    pub(in crate::store) fn link(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<File>, StoreError> {
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
                owners::forget_unsettled(connection, STAGING.as_bytes())?;
            }
        }
        Ok(replaced)
    }

    /// Lets an entry own them.
    pub(in crate::store) fn own(
        &self,
        connection: &Connection,
        entry: i64,
    ) -> Result<(), StoreError> {
        owners::own(connection, entry, self.objects.iter().map(|object| object.owned))
    }

    /// How many bytes they have.
    pub(in crate::store) fn size(&self) -> u64 {
        let sizes = self.objects.iter().map(|object| object.owned.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// How many bytes those have that no entry owns.
    pub(in crate::store) fn unowned_size(
        &self,
        connection: &Connection,
    ) -> Result<u64, StoreError> {
        let mut size = 0_u64;
        for NewObject { owned, .. } in &self.objects {
            if !owners::is_owned(connection, &owned.digest.0)? {
                size = size.saturating_add(owned.size);
            }
        }
        Ok(size)
    }
}
