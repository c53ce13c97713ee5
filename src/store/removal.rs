//! Forgetting entries, a part at a time, so that others need not wait long.

use super::{Selection, Store, StoreError, clearing, codec, commands, connection, evict, usage};
use crate::time::Timestamp;
use rusqlite::{Connection, params};

/// What was forgotten, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// How much output they held, in bytes.
    pub output: u64,
}

impl Cleared {
    pub(super) fn add(&mut self, output: u64) {
        self.entries += 1;
        self.output += output;
    }
}

/// Bytes that one transaction frees.
pub(super) const AT_ONCE: u64 = 32 << 20;

impl Store {
    /// Forgets the entries that are meant, and gives their room back.
    ///
    /// # Errors
    /// As SQLite; a part may be forgotten by then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let mut chosen = chosen(&self.connection, selection)?.into_iter().peekable();
        let mut cleared = Cleared::default();
        let mut first = true;
        loop {
            let transaction = connection::write_durably(&mut self.connection)?;
            // The totals of a command that stays count what its entries were used for.
            let folded = usage::fold(&self.place, &transaction)?;
            if std::mem::take(&mut first) {
                clearing::remember(&transaction, selection)?;
                commands::forget_totals(&transaction, selection)?;
            }
            let mut freed = 0;
            while freed < AT_ONCE
                && let Some(entry) = chosen.next()
            {
                if entry.is_there(&transaction)? && evict::remove(&transaction, entry.id)? {
                    cleared.add(entry.output);
                }
                freed += entry.size();
            }
            let done = chosen.peek().is_none();
            if done && selection.is_all() {
                transaction.execute_batch("DELETE FROM file_digest")?;
            }
            commands::forget_unused(&transaction)?;
            evict::shrink(&transaction)?;
            transaction.commit()?;
            folded.done();
            if done {
                return Ok(cleared);
            }
        }
    }

    /// What [`Store::clear`] would forget. Changes nothing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn clearable(&self, selection: &Selection) -> Result<Cleared, StoreError> {
        let mut cleared = Cleared::default();
        chosen(&self.connection, selection)?.iter().for_each(|entry| cleared.add(entry.output));
        Ok(cleared)
    }
}

/// An entry that is to go.
pub(super) struct Chosen {
    pub(super) id: i64,
    created: Timestamp,
    pub(super) output: u64,
    length: u64,
}

impl Chosen {
    /// What it takes in the database, about.
    pub(super) fn size(&self) -> u64 {
        self.length + evict::OVERHEAD
    }

    /// Whether it is still there: another may have been stored in its place, under its number.
    fn is_there(&self, connection: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE id = ?1 AND created = ?2)";
        Ok(connection
            .query_row(sql, params![self.id, self.created.as_millis()], |row| row.get(0))?)
    }
}

/// The entries that are meant, the least recently used first.
pub(super) fn chosen(
    connection: &Connection,
    selection: &Selection,
) -> Result<Vec<Chosen>, StoreError> {
    let condition = selection.condition();
    let mut statement = connection.prepare(&format!(
        "SELECT entry.id, created, lifetime, output, length
         FROM entry JOIN command ON command.id = entry.command
         WHERE {} ORDER BY entry.used, entry.id",
        condition.sql()
    ))?;
    let now = Timestamp::now();
    let rows = statement.query_map(condition.parameters(), |row| {
        let created = Timestamp::from_millis(row.get(1)?);
        let is_meant = selection.admits(created, codec::lifetime(row.get(2)?), now);
        Ok(is_meant.then_some(Chosen {
            id: row.get(0)?,
            created,
            output: codec::unsigned(row.get(3)?),
            length: codec::unsigned(row.get(4)?),
        }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
