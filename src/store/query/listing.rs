//! Lists entries. One that cannot be decoded is passed over.

use super::selection::Selection;
use crate::entry::Description;
use crate::key::{Digest, Key, decode_words};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::codec;
use crate::time::Timestamp;
use rusqlite::Row;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

impl Store {
    /// The selected entries, the newest first.
    ///
    /// # Errors
    /// As SQLite.
    pub fn list(&mut self, selection: &Selection) -> Result<Vec<Description>, StoreError> {
        self.fold_uses()?;
        let condition = selection.condition(self.database.connection()?)?;
        let mut statement = self.database.connection()?.prepare(&format!(
            "SELECT entry.id, condition, exit, created, elapsed, renewal_failed, key, scope, words,
                    directory, lifetime, output, entry.hits, entry.used
             FROM entry JOIN command ON command.id = entry.command
             WHERE {} ORDER BY created DESC, entry.id DESC",
            condition.sql()
        ))?;
        let rows = statement.query_map(condition.parameters(), describe)?;
        let descriptions = rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
        let now = Timestamp::now();
        let is_meant = |it: &Description| selection.admits(it.entry.created, it.lifetime, now);
        Ok(descriptions.filter(is_meant).collect())
    }
}

fn describe(row: &Row<'_>) -> rusqlite::Result<Option<Description>> {
    let key = row.get_ref(6)?.as_blob().ok().and_then(|key| key.try_into().ok());
    let words = row.get_ref(8)?.as_blob().ok().and_then(decode_words);
    let scope = row.get_ref(7)?.as_str().ok().map(str::to_owned);
    let (Some(key), Some(words), Some(scope)) = (key, words, scope) else {
        return Ok(None);
    };
    let Some(entry) = codec::entry(row, Key(Digest(key)))? else {
        return Ok(None);
    };
    let directory: Option<Vec<u8>> = row.get(9)?;
    Ok(Some(Description {
        entry,
        scope,
        words,
        directory: directory.map(|path| PathBuf::from(OsString::from_vec(path))),
        lifetime: codec::lifetime(row.get(10)?),
        output: codec::unsigned(row.get(11)?),
        hits: codec::unsigned(row.get(12)?),
        last_used: Timestamp::from_millis(row.get(13)?),
    }))
}
