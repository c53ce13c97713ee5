//! Moving entries into the past, so that tests of time need not wait.

use super::{Store, StoreError, codec};
use crate::entry::Entry;
use crate::time::Timestamp;
use rusqlite::params;

impl Store {
    /// Makes every entry `millis` milliseconds older, or younger if negative.
    ///
    /// # Errors
    /// As SQLite, and [`StoreError::Damaged`] for an entry whose output is.
    pub fn age(&mut self, millis: i64) -> Result<(), StoreError> {
        for description in self.list(&super::Selection::all())? {
            let entry = description.entry;
            let body = self
                .output(&entry)?
                .ok_or_else(|| StoreError::Damaged(format!("entry {}", entry.id)))?;
            let created = Timestamp::from_millis(entry.created.as_millis() - millis);
            let used = description.last_used.as_millis() - millis;
            let older = Entry { created, ..entry };
            self.database.connection()?.execute(
                "UPDATE entry SET created = ?2, used = ?3, seal = ?4,
                        renewal_failed = renewal_failed - ?5 WHERE id = ?1",
                params![older.id, created.as_millis(), used, codec::seal(&older, &body), millis],
            )?;
        }
        Ok(())
    }
}
