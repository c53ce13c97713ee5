//! Forgetting entries, a part at a time, so that others need not wait long.

use super::gone::{self, Cause};
use super::{Selection, Store, StoreError, clearing, codec, commands, connection, evict, usage};
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::ops::AddAssign;
use std::rc::Rc;

/// What was forgotten, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// How much output they held, in bytes.
    pub output: u64,
}

impl AddAssign for Cleared {
    fn add_assign(&mut self, other: Self) {
        self.entries += other.entries;
        self.output += other.output;
    }
}

/// Bytes that one transaction frees.
const AT_ONCE: u64 = 32 << 20;

impl Store {
    /// Forgets the entries that are meant, and gives their room back.
    ///
    /// # Errors
    /// As SQLite; a part may be forgotten by then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        self.forget(Cause::Cleared, selection)
    }

    /// The same, for some other cause.
    pub(super) fn forget(
        &mut self,
        cause: Cause,
        selection: &Selection,
    ) -> Result<Cleared, StoreError> {
        let choose = |transaction: &Connection| {
            clearing::remember(transaction, selection)?;
            commands::forget_totals(transaction, selection)?;
            if selection.is_all() {
                transaction.execute_batch("DELETE FROM file_digest; DELETE FROM gone;")?;
            }
            chosen(transaction, selection)
        };
        // Who forgets everything leaves nothing to tell of.
        let cause = (!selection.is_all()).then_some(cause);
        self.remove_in_parts(cause, &choose, &|_| Ok(false))
    }

    /// Removes what is chosen, until nothing is left of that or it is enough. The first transaction
    /// chooses, so that nothing slips in between.
    pub(super) fn remove_in_parts(
        &mut self,
        cause: Option<Cause>,
        choose: &dyn Fn(&Connection) -> Result<Vec<Chosen>, StoreError>,
        is_enough: &dyn Fn(&Connection) -> Result<bool, StoreError>,
    ) -> Result<Cleared, StoreError> {
        let mut progress = Progress::default();
        while !progress.is_done {
            progress = match self.remove_part(&progress, cause, choose, is_enough) {
                Err(fault) if fault.is_of_a_full_disk() => {
                    // To remove something takes room for the journal, and who clears a full disk has
                    // none. A process that dies without one leaves a damaged store at the worst.
                    self.connection.pragma_update(None, "journal_mode", "MEMORY")?;
                    self.remove_part(&progress, cause, choose, is_enough)?
                }
                part => part?,
            };
        }
        Ok(progress.cleared)
    }

    fn remove_part(
        &mut self,
        progress: &Progress,
        cause: Option<Cause>,
        choose: &dyn Fn(&Connection) -> Result<Vec<Chosen>, StoreError>,
        is_enough: &dyn Fn(&Connection) -> Result<bool, StoreError>,
    ) -> Result<Progress, StoreError> {
        let transaction = connection::write_durably(&mut self.connection)?;
        // The totals of a command that stays count what its entries were used for.
        let folded = usage::fold(&self.place, &transaction)?;
        let chosen = match &progress.chosen {
            Some(chosen) => Rc::clone(chosen),
            None => choose(&transaction)?.into(),
        };
        let mut next = progress.next;
        let mut cleared = progress.cleared;
        let mut freed = 0;
        let mut is_done = false;
        while freed < AT_ONCE && !is_done {
            match chosen.get(next) {
                Some(entry) if !is_enough(&transaction)? => {
                    if entry.is_there(&transaction)? {
                        if let Some(cause) = cause {
                            gone::note(&transaction, entry.id, cause)?;
                        }
                        evict::remove(&transaction, entry.id)?;
                        cleared += Cleared { entries: 1, output: entry.output };
                    }
                    freed += entry.length + evict::OVERHEAD;
                    next += 1;
                }
                _ => is_done = true,
            }
        }
        commands::forget_unused(&transaction)?;
        gone::keep_few(&transaction)?;
        evict::shrink(&transaction)?;
        transaction.commit()?;
        folded.done();
        Ok(Progress { chosen: Some(chosen), next, cleared, is_done })
    }

    /// What [`Store::clear`] would forget. Changes nothing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn clearable(&self, selection: &Selection) -> Result<Cleared, StoreError> {
        let chosen = chosen(&self.connection, selection)?;
        let output = chosen.iter().map(|entry| entry.output).sum();
        Ok(Cleared { entries: chosen.len() as u64, output })
    }
}

/// How far a removal has come.
#[derive(Default)]
struct Progress {
    /// What is to go; `None` before the first part.
    chosen: Option<Rc<[Chosen]>>,
    /// The place of the first that was not looked at.
    next: usize,
    cleared: Cleared,
    is_done: bool,
}

/// An entry that is to go.
pub(super) struct Chosen {
    pub(super) id: i64,
    created: Timestamp,
    pub(super) output: u64,
    pub(super) length: u64,
}

impl Chosen {
    /// Whether it is still there: another may have been stored in its place, under its number.
    fn is_there(&self, connection: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE id = ?1 AND created = ?2)";
        Ok(connection
            .query_row(sql, params![self.id, self.created.as_millis()], |row| row.get(0))?)
    }
}

/// The entries that are meant, those from the future first, then the least recently used.
pub(super) fn chosen(
    connection: &Connection,
    selection: &Selection,
) -> Result<Vec<Chosen>, StoreError> {
    let condition = selection.condition();
    let now = Timestamp::now();
    let mut statement = connection.prepare(&format!(
        "SELECT entry.id, created, lifetime, output, length
         FROM entry JOIN command ON command.id = entry.command
         WHERE {} ORDER BY entry.used <= {}, entry.used, entry.id",
        condition.sql(),
        now.as_millis()
    ))?;
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
