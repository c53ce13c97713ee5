//! Removing entries: `clear` and `prune`.
//!
//! A removal is a row of short transactions, so that other writers need not wait long. After a kill in between a part is
//! removed. Files of objects are removed after the transaction that removes their last owner.

use super::tombstones::{self, RemovalCause};
use super::{clearing, command_totals, evict, retention};
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::sweep;
use crate::store::query::call_pattern;
use crate::store::query::selection::Selection;
use crate::store::sqlite::notes::{self, NoteKind};
use crate::store::sqlite::{codec, open, space, transaction};
use crate::store::usage;
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::ops::AddAssign;
use std::rc::Rc;

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// Their bytes of output.
    pub output: u64,
}

/// A damaged store may hold any number.
impl AddAssign for Cleared {
    fn add_assign(&mut self, other: Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.output = self.output.saturating_add(other.output);
    }
}

/// About so many bytes of the database are freed in one transaction.
const AT_ONCE: u64 = 32 << 20;

/// Which entries to remove, and why.
#[derive(Debug)]
pub(in crate::store) struct Removal {
    cause: RemovalCause,
    /// The entries that may be removed: those from the future first, then the least recently used.
    selection: Selection,
    /// Stop once the store is no larger than this.
    until: Option<Size>,
    /// When it began. All its tombstones have this date.
    at: Timestamp,
}

impl Removal {
    /// Removes all selected entries.
    pub(in crate::store) fn of(cause: RemovalCause, selection: Selection) -> Self {
        Self { cause, selection, until: None, at: Timestamp::now() }
    }

    /// Removes entries until the store is no larger than that.
    pub(in crate::store) fn until(max_size: Size) -> Self {
        let all = Selection::all();
        Self { until: Some(max_size), ..Self::of(RemovalCause::Evicted, all) }
    }

    /// Chooses the entries and records the clearing.
    fn begin(&self, transaction: &Connection) -> Result<Rc<[Chosen]>, StoreError> {
        if self.cause == RemovalCause::Cleared {
            clearing::remember(transaction, &self.selection)?;
            command_totals::forget_totals(transaction, &self.selection)?;
        }
        if self.leaves_nothing() {
            notes::forget(transaction, NoteKind::File)?;
            notes::forget(transaction, NoteKind::Tombstone)?;
        }
        Ok(chosen(transaction, &self.selection)?.into())
    }

    /// Whether everything is cleared. Then no notes stay either.
    fn leaves_nothing(&self) -> bool {
        self.cause == RemovalCause::Cleared && self.selection.is_all()
    }

    fn is_enough(&self, transaction: &Connection) -> Result<bool, StoreError> {
        match self.until {
            Some(max_size) => Ok(evict::used_bytes(transaction)? <= max_size.0),
            None => Ok(false),
        }
    }

    /// Removes the next part of the chosen entries. The first part chooses in the same transaction, so that no entry
    /// is stored in between.
    fn do_part(
        &self,
        transaction: &Connection,
        progress: &Progress,
    ) -> Result<Progress, StoreError> {
        let chosen = match &progress.chosen {
            Some(chosen) => Rc::clone(chosen),
            None => self.begin(transaction)?,
        };
        let Progress { mut next, mut cleared, .. } = *progress;
        let mut freed = 0;
        let mut is_done = false;
        while freed < AT_ONCE && !is_done {
            match chosen.get(next) {
                Some(entry) if !self.is_enough(transaction)? => {
                    if entry.is_there(transaction)? {
                        if !self.leaves_nothing() {
                            tombstones::note(transaction, entry.id, self.cause, self.at)?;
                        }
                        evict::remove(transaction, entry.id)?;
                        cleared += entry.cleared();
                    }
                    freed += entry.in_row + evict::OVERHEAD;
                    next += 1;
                }
                None if self.until.is_some() && !self.is_enough(transaction)? => {
                    retention::forget(transaction)?;
                    is_done = true;
                }
                _ => is_done = true,
            }
        }
        command_totals::forget_unused(transaction)?;
        call_pattern::forget_unused(transaction)?;
        tombstones::keep_few(transaction)?;
        Ok(Progress { chosen: Some(chosen), next, cleared, is_done })
    }
}

impl Store {
    /// Removes the selected entries and gives their space back.
    ///
    /// # Errors
    /// As SQLite. A part may be removed by then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let removal = Removal::of(RemovalCause::Cleared, selection.clone());
        let cleared = self.remove(&removal)?;
        if removal.leaves_nothing() {
            self.sweep_objects()?;
        }
        Ok(cleared)
    }

    /// What [`Store::clear`] would remove. Changes nothing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn clearable(&self, selection: &Selection) -> Result<Cleared, StoreError> {
        let mut cleared = Cleared::default();
        for entry in chosen(self.database.connection()?, selection)? {
            cleared += entry.cleared();
        }
        Ok(cleared)
    }

    pub(in crate::store) fn remove(&mut self, removal: &Removal) -> Result<Cleared, StoreError> {
        let mut progress = Progress::default();
        while !progress.is_done {
            progress = match self.remove_part(removal, &progress) {
                Err(fault) if fault.is_of_a_full_disk() => {
                    // A full disk has no room for the journal of a removal. A kill without a journal costs the
                    // store at worst.
                    self.database.connection()?.pragma_update(None, "journal_mode", "MEMORY")?;
                    self.remove_part(removal, &progress)?
                }
                part => part?,
            };
        }
        Ok(progress.cleared)
    }

    fn remove_part(
        &mut self,
        removal: &Removal,
        progress: &Progress,
    ) -> Result<Progress, StoreError> {
        let transaction =
            transaction::write_durably(self.database.connection_mut()?, &self.location)?;
        // The uses of these entries count for the totals of their commands.
        let folded = usage::fold(&self.location, &transaction)?;
        let progress = removal.do_part(&transaction, progress)?;
        space::give_back(&transaction)?;
        transaction.commit()?;
        folded.done();
        sweep::settle(self.database.connection_mut()?, &self.location)?;
        Ok(progress)
    }

    /// Repairs the rows of objects.
    pub(in crate::store) fn repair_objects(&mut self) -> Result<(), StoreError> {
        sweep::repair(self.database.connection_mut()?, &self.location)
    }

    /// Removes all files of objects that no entry owns.
    pub(in crate::store) fn sweep_objects(&mut self) -> Result<(), StoreError> {
        sweep::sweep(self.database.connection_mut()?, &self.location)
    }

    /// What these removals would remove, one after the other: they are made and rolled back. Entries share pages, so
    /// there is no other way to find out how many bytes one of them frees.
    pub(in crate::store) fn try_out(
        &mut self,
        removals: &[Removal],
    ) -> Result<Cleared, StoreError> {
        self.fold_uses()?;
        let mut connection = open::open_to_try(&self.location)?;
        let transaction = transaction::write_to_try(&mut connection, &self.location)?;
        // Uses that could not be written on a full disk. They stay in their file.
        let _ = usage::fold(&self.location, &transaction)?;
        let mut cleared = Cleared::default();
        for removal in removals {
            let mut progress = Progress::default();
            while !progress.is_done {
                progress = removal.do_part(&transaction, &progress)?;
            }
            cleared += progress.cleared;
        }
        transaction.rollback()?;
        Ok(cleared)
    }
}

/// How far a removal has come.
#[derive(Default)]
struct Progress {
    /// The chosen entries; `None` before the first part.
    chosen: Option<Rc<[Chosen]>>,
    /// The place of the next one.
    next: usize,
    cleared: Cleared,
    is_done: bool,
}

/// An entry to remove.
struct Chosen {
    id: i64,
    created: Timestamp,
    output: u64,
    /// Bytes of frames in its row.
    in_row: u64,
}

impl Chosen {
    fn cleared(&self) -> Cleared {
        Cleared { entries: 1, output: self.output }
    }

    /// Whether it still exists. Another entry may have got its id.
    fn is_there(&self, connection: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE id = ?1 AND created = ?2)";
        Ok(connection
            .query_row(sql, params![self.id, self.created.as_millis()], |row| row.get(0))?)
    }
}

/// The selected entries: those from the future first, then the least recently used.
fn chosen(connection: &Connection, selection: &Selection) -> Result<Vec<Chosen>, StoreError> {
    let condition = selection.condition(connection)?;
    let now = Timestamp::now();
    let mut statement = connection.prepare(&format!(
        "SELECT entry.id, created, lifetime, output, iif(body IS NULL, 0, length)
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
            in_row: codec::unsigned(row.get(4)?),
        }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
