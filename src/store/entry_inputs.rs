//! The inputs of entries whose runs were traced: the questions, which many entries share, and the answers of each
//! entry.
//!
//! Questions that do not match their digest are ignored. Answers need no digest of their own: damaged answers differ
//! from those that a later call finds.

use super::error::StoreError;
use super::handle::Store;
use super::read::database::INPUTS;
use super::sqlite::notes::NoteKind;
use super::sqlite::transaction::Purpose;
use crate::entry::Entry;
use crate::inputs::{InputShape, ListedInput, StoredStates, listed};
use crate::key::Digest;

impl Store {
    /// The secret that answers are keyed with.
    ///
    /// # Errors
    /// When SQLite fails, or there is no secret.
    pub fn secret(&self) -> Result<Vec<u8>, StoreError> {
        self.note(NoteKind::Secret, &[])?
            .ok_or_else(|| StoreError::Damaged("it has no secret".to_owned()))
    }

    /// The questions with this digest; `None` if they are gone or damaged.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn shape(&self, digest: Digest) -> Result<Option<InputShape>, StoreError> {
        let shape = self.note(NoteKind::Shape, digest.as_bytes())?.and_then(InputShape::decode);
        Ok(shape.filter(|shape| shape.digest() == digest))
    }

    /// The answers of an entry; `None` if it is gone or has none.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn states(&self, entry: &Entry) -> Result<Option<StoredStates>, StoreError> {
        Ok(self.database.blob(entry, INPUTS)?.map(StoredStates::decode))
    }

    /// The inputs that an entry depends on; `None` if its run was not traced, or if they cannot be read.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn listed_inputs(&self, entry: &Entry) -> Result<Option<Vec<ListedInput>>, StoreError> {
        let Some(id) = entry.inputs else { return Ok(None) };
        let (shape, states) = (self.shape(id.shape)?, self.states(entry)?);
        let (Some(shape), Some(states)) = (shape, states) else { return Ok(None) };
        Ok(listed(&shape, &states, &self.secret()?))
    }

    /// Replaces the answers of an entry by the same ones, which are quicker to check.
    ///
    /// # Errors
    /// When SQLite fails, or another process is writing.
    pub fn renew_states(&mut self, entry: &Entry, states: &StoredStates) -> Result<(), StoreError> {
        if self.is_read_only() {
            return Ok(());
        }
        self.set(entry, "inputs", &states.encode(), Purpose::StoringAtOnce)
    }
}
