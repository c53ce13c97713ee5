//! The output files of entries: the list of them, and the content of each.
//!
//! The store keeps the manifest as bytes. Only the caller knows its format.

use super::error::StoreError;
use super::handle::Store;
use super::objects::directory::ObjectDirectory;
use super::read::database::OUTPUTS;
use super::sqlite::codec;
use crate::entry::Entry;
use crate::recording::ContentDigest;
use std::fs::File;
use std::io;

impl Store {
    /// Whether an entry has a manifest of output files, damaged or not.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn has_outputs(&self, entry: &Entry) -> Result<bool, StoreError> {
        Ok(self.database.blob(entry, OUTPUTS)?.is_some())
    }

    /// The manifest of an entry's output files; `None` if the entry has none, or was removed or damaged meanwhile. An
    /// entry whose manifest is damaged has no [`output`](Store::output) either.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn outputs(&self, entry: &Entry) -> Result<Option<Vec<u8>>, StoreError> {
        let stored = self.database.blob(entry, OUTPUTS)?;
        Ok(stored.and_then(|stored| codec::manifest(entry, &stored)))
    }

    /// Opens the object of this digest; `None` if it is missing. Its content is not checked. It can be read to its end
    /// even if it is removed meanwhile.
    ///
    /// # Errors
    /// When a file cannot be opened now.
    pub fn open_object(&self, digest: &[u8; 32]) -> io::Result<Option<File>> {
        let directory = match self.objects.get() {
            Some(directory) => directory,
            None => match ObjectDirectory::open(&self.location).map_err(io::Error::other)? {
                Some(directory) => self.objects.get_or_init(|| directory),
                None => return Ok(None),
            },
        };
        directory.read(ContentDigest(*digest))
    }
}
