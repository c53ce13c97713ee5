//! Removing many entries: `clear` and `prune`.
//!
//! They go a part at a time, each in a transaction of its own, so that others need not wait long.

use super::entry_remover::EntryRemover;
use super::tombstones::{self, RemovalCause};
use super::{clearing, command_totals, evict};
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::{owners, sweep};
use crate::store::query::call_pattern;
use crate::store::query::selection::{SelectedEntry, Selection};
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::transaction::{self, Purpose};
use crate::store::sqlite::{codec, open, space};
use crate::store::usage;
use crate::time::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::ops::AddAssign;
use std::rc::Rc;

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// How much output they held, in bytes.
    pub output: u64,
}

/// A damaged store may hold any number.
impl AddAssign for Cleared {
    fn add_assign(&mut self, other: Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.output = self.output.saturating_add(other.output);
    }
}

/// Bytes that one transaction frees.
const BYTES_AT_ONCE: u64 = 32 << 20;

/// A set of entries to remove, and why.
#[derive(Debug)]
pub(super) struct Removal {
    cause: RemovalCause,
    extent: Extent,
    /// When it was begun: the date of all its tombstones.
    at: Timestamp,
}

/// Which entries are removed.
#[derive(Debug)]
enum Extent {
    /// All that are selected.
    Selected(Selection),
    /// The least recently used, until the files are no larger than this.
    Until(Size),
}

impl Removal {
    /// The removal of all selected entries.
    pub(super) fn of(cause: RemovalCause, selection: Selection) -> Self {
        Self { cause, extent: Extent::Selected(selection), at: Timestamp::now() }
    }

    /// The removal of as many entries as it takes for the files to be no larger than that.
    pub(super) fn until(max_size: Size) -> Self {
        let (cause, extent) = (RemovalCause::Evicted, Extent::Until(max_size));
        Self { cause, extent, at: Timestamp::now() }
    }

    /// Whether the user clears the whole store.
    fn is_of_everything(&self) -> bool {
        let is_all = matches!(&self.extent, Extent::Selected(selection) if selection.is_all());
        is_all && self.cause == RemovalCause::Cleared
    }

    /// Removes so much that others need not wait long for the end of the transaction.
    fn do_part(
        &self,
        transaction: &Connection,
        progress: &Progress,
    ) -> Result<Progress, StoreError> {
        let progress = match &self.extent {
            Extent::Until(max_size) => {
                let evicted = evict::evict(transaction, *max_size, 0, None)?;
                let mut cleared = progress.cleared;
                cleared += Cleared { entries: evicted.entries, output: evicted.output };
                Progress { cleared, is_done: !evicted.goes_on, ..Progress::default() }
            }
            Extent::Selected(_) if self.is_of_everything() => clear_all(transaction)?,
            Extent::Selected(selection) => self.remove_some(transaction, selection, progress)?,
        };
        if progress.is_done {
            call_pattern::forget_unused(transaction)?;
        }
        tombstones::keep_few(transaction)?;
        Ok(progress)
    }

    /// The first part selects, so that nothing slips in between two parts.
    fn remove_some(
        &self,
        transaction: &Connection,
        selection: &Selection,
        progress: &Progress,
    ) -> Result<Progress, StoreError> {
        let selected = if let Some(selected) = &progress.selected {
            Rc::clone(selected)
        } else {
            if self.cause == RemovalCause::Cleared {
                clearing::remember(transaction, selection)?;
                command_totals::forget_totals(transaction, selection)?;
            }
            selection.entries(transaction)?.into()
        };
        let Progress { mut next, mut cleared, .. } = *progress;
        let mut remover = EntryRemover::new(transaction, self.cause, self.at)?;
        let mut freed = 0;
        while let Some(SelectedEntry { id, created }) = selected.get(next)
            && freed < BYTES_AT_ONCE
        {
            if let Some(entry) = remover.remove(*id, Some(*created))? {
                freed = entry.row_size.saturating_add(freed);
                cleared += Cleared { entries: 1, output: entry.output };
            }
            next += 1;
        }
        remover.finish()?;
        let is_done = next == selected.len();
        Ok(Progress { selected: Some(selected), next, cleared, is_done, has_free_pages: false })
    }
}

/// Removes everything at once, with nothing left to tell of it.
fn clear_all(transaction: &Connection) -> Result<Progress, StoreError> {
    clearing::remember(transaction, &Selection::all())?;
    let sql = "SELECT CAST(total(entries) AS INTEGER), CAST(total(output) AS INTEGER) FROM command";
    let cleared = transaction.query_row(sql, [], |row| {
        let (entries, output) = (row.get(0)?, row.get(1)?);
        Ok(Cleared { entries: codec::unsigned(entries), output: codec::unsigned(output) })
    })?;
    // Without triggers whole tables are emptied page by page, not row by row.
    let set_triggers = |are_on| {
        transaction.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, are_on).map(drop)
    };
    set_triggers(false)?;
    let emptied = transaction.execute_batch("DELETE FROM entry; DELETE FROM command");
    set_triggers(true)?;
    emptied?;
    owners::disown_all(transaction)?;
    Notes::of(transaction, NoteKind::File).forget_all()?;
    Notes::of(transaction, NoteKind::Tombstone).forget_all()?;
    Ok(Progress { cleared, is_done: true, ..Progress::default() })
}

impl Store {
    /// Removes the selected entries and gives their space back.
    ///
    /// # Errors
    /// As SQLite; a part may be removed by then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let removal = Removal::of(RemovalCause::Cleared, selection.clone());
        let cleared = self.remove(&removal)?;
        if removal.is_of_everything() {
            self.sweep_objects()?;
        }
        Ok(cleared)
    }

    /// What [`Store::clear`] would remove. Changes nothing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn clearable(&self, selection: &Selection) -> Result<Cleared, StoreError> {
        let connection = self.database.read_transaction()?;
        let sql = "SELECT output FROM entry WHERE id = ?1";
        let mut statement = connection.prepare(sql)?;
        let mut cleared = Cleared::default();
        for SelectedEntry { id, .. } in selection.entries(&connection)? {
            let output = statement.query_row([id], |row| row.get(0).map(codec::unsigned))?;
            cleared += Cleared { entries: 1, output };
        }
        Ok(cleared)
    }

    pub(super) fn remove(&mut self, removal: &Removal) -> Result<Cleared, StoreError> {
        let mut progress = Progress::default();
        while !progress.is_done || progress.has_free_pages {
            progress = match self.remove_part(removal, &progress) {
                Err(fault) if fault.is_of_a_full_disk() => {
                    // To remove something takes room for the journal, and who clears a full disk has
                    // none. A process that dies without one leaves a damaged store at the worst.
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
            transaction::write(self.database.connection_mut()?, &self.location, Purpose::Removing)?;
        // The totals of a command that stays count what its entries were used for.
        let folded = usage::fold(&self.location, &transaction)?;
        let mut progress = match progress {
            Progress { is_done: true, .. } => progress.clone(),
            _ => removal.do_part(&transaction, progress)?,
        };
        progress.has_free_pages = space::give_back(&transaction)?;
        transaction.commit()?;
        folded.done();
        sweep::settle(self.database.connection_mut()?, &self.location)?;
        Ok(progress)
    }

    /// Makes the rows of objects right, should they be damaged.
    pub(in crate::store) fn repair_objects(&mut self) -> Result<(), StoreError> {
        sweep::repair(self.database.connection_mut()?, &self.location)
    }

    /// Removes the files of objects that no entry owns, whatever left them.
    pub(in crate::store) fn sweep_objects(&mut self) -> Result<(), StoreError> {
        sweep::sweep(self.database.connection_mut()?, &self.location)
    }

    /// What these removals would remove, one after the other: they are made and rolled back. Entries share pages, so
    /// there is no other way to find out how many bytes one of them frees.
    pub(super) fn try_out(&mut self, removals: &[Removal]) -> Result<Cleared, StoreError> {
        let mut connection = open::open_to_try(&self.location)?;
        let transaction = transaction::write(&mut connection, &self.location, Purpose::Trying)?;
        // What was used since, and could not be counted in for good; it stays to be.
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
#[derive(Clone, Default)]
struct Progress {
    /// The entries to remove; `None` before the first part.
    selected: Option<Rc<[SelectedEntry]>>,
    /// The index of the first that was not looked at.
    next: usize,
    cleared: Cleared,
    /// Whether all entries are removed.
    is_done: bool,
    /// Whether the file holds pages that are to be given back by another transaction.
    has_free_pages: bool,
}
