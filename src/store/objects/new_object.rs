//! Long output on its way into the store.
//!
//! Its file has no name until the transaction that stores its entry is about to end.

use super::directory::ObjectDirectory;
use super::owners;
use crate::recording::BlockFile;
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::Connection;
use std::fs::File;

/// A file that is to be an object.
#[derive(Debug)]
pub(in crate::store) struct NewObject<'f> {
    pub(in crate::store) file: &'f BlockFile,
    directory: ObjectDirectory,
    /// A copy with a name, where the file itself cannot get one.
    copy: Option<File>,
}

impl<'f> NewObject<'f> {
    /// Does what takes long. No transaction must be open.
    pub(in crate::store) fn prepare(
        location: &StoreLocation,
        file: &'f BlockFile,
    ) -> Result<Self, StoreError> {
        let directory = ObjectDirectory::make(location)?;
        let copy = directory.copy_if_unlinkable(&file.file, file.digest)?;
        Ok(Self { file, directory, copy })
    }

    /// Notes that the object is about to be linked, unless a note says so already. Returns whether it wrote one: then the
    /// transaction has to be committed, and the object is linked in a later one.
    pub(in crate::store) fn announce(&self, connection: &Connection) -> Result<bool, StoreError> {
        if owners::is_noted(connection, self.file.digest)? {
            return Ok(false);
        }
        owners::note_unsettled(connection, &self.file.digest.0)?;
        Ok(true)
    }

    /// Gives it its name. Drop the file that is returned once the transaction has ended.
    pub(in crate::store) fn link(&self) -> Result<Option<File>, StoreError> {
        self.directory.link(&self.file.file, self.copy.as_ref(), self.file.digest)
    }
}
