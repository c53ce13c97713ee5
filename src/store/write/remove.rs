//! Removing many entries: `clear` and `prune`.
//!
//! The entries are removed in parts, each in a transaction of its own, and others can write between two parts. After a
//! kill, some parts are removed. At the end the file is made shorter, and synced so that a power cut does not bring the
//! entries back.

use super::entries::{self, Cleared};
use super::tombstones::{self, RemovalCause};
use super::{clearing, command_totals, evict};
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::sweep;
use crate::store::query::call_pattern;
use crate::store::query::selection::Selection;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::transaction::{self, Purpose};
use crate::store::sqlite::{open, space};
use crate::store::usage;
use crate::time::Timestamp;
use rusqlite::Connection;
use std::thread;
use std::time::{Duration, Instant};

/// The most entries that the first part removes. Each may hold a megabyte. The time that a part took decides how many
/// the next one removes.
const FIRST_PART: usize = 256;

/// The most entries that the first part removes if the store has [`MANY_OBJECTS`]: an entry may own thousands of
/// objects, and each is removed by itself.
const FIRST_PART_OF_MANY_OBJECTS: usize = 8;
const MANY_OBJECTS: i64 = 4096;

/// How long a part should take: others wait for its end.
const PART_TIME: Duration = Duration::from_millis(150);

/// How long others can write between two parts. A process that waits looks for the lock every 32 milliseconds.
const TURN_OF_OTHERS: Duration = Duration::from_millis(35);

/// A set of entries to remove, and the cause.
#[derive(Debug)]
pub(super) enum Removal {
    /// All entries that are selected.
    Selected(RemovalCause, Selection),
    /// The least recently used, until the files are no larger than this.
    Until(Size),
}

impl Removal {
    /// Whether the user clears the whole store.
    fn is_of_everything(&self) -> bool {
        matches!(self, Self::Selected(RemovalCause::Cleared, selection) if selection.is_all())
    }

    /// Removes the next part, of at most `most` entries. Returns what it removed, and whether that was all.
    fn remove_part(
        &self,
        transaction: &Connection,
        is_first: bool,
        most: usize,
    ) -> Result<(Cleared, bool), StoreError> {
        let (cleared, is_done) = match self {
            Self::Until(max_size) => {
                let evicted = evict::evict(transaction, *max_size, 0, None, most)?;
                (evicted.cleared, !evicted.goes_on)
            }
            Self::Selected(cause, selection) => {
                let is_clearing = is_first && *cause == RemovalCause::Cleared;
                if is_clearing {
                    clearing::remember(transaction, selection)?;
                    command_totals::forget_totals(transaction, selection)?;
                }
                let others = if is_clearing { selection.few_others(transaction)? } else { None };
                if let Some(others) = others {
                    // Names with ignored arguments may select some of the others.
                    let cleared = entries::remove_all_but(transaction, &others, *cause)?;
                    (cleared, others.is_empty())
                } else {
                    let some = selection.some(transaction, most)?;
                    let now = Timestamp::now();
                    let cleared = entries::remove(transaction, &some, Some(*cause), now)?;
                    (cleared, some.len() < most)
                }
            }
        };
        tombstones::keep_few(transaction)?;
        if is_done {
            call_pattern::forget_unused(transaction)?;
        }
        if is_done && self.is_of_everything() {
            Notes::of(transaction, NoteKind::File).forget_all()?;
            Notes::of(transaction, NoteKind::Tombstone).forget_all()?;
            Notes::of(transaction, NoteKind::RemoteUses).forget_all()?;
        }
        Ok((cleared, is_done))
    }
}

/// The fewest entries that a part removes.
fn least_part(connection: &Connection) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM object LIMIT ?1)";
    let objects: i64 = connection.query_row(sql, [MANY_OBJECTS], |row| row.get(0))?;
    Ok(if objects < MANY_OBJECTS { FIRST_PART } else { FIRST_PART_OF_MANY_OBJECTS })
}

impl Store {
    /// Removes the selected entries and gives their space back.
    ///
    /// # Errors
    /// When SQLite fails. A part may have been removed then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let removal = Removal::Selected(RemovalCause::Cleared, selection.clone());
        let cleared = self.remove(&removal)?;
        if removal.is_of_everything() {
            sweep::sweep(self.database.connection_mut()?, &self.location)?;
        }
        Ok(cleared)
    }

    /// Returns what [`Store::clear`] would remove, without changing anything.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn clearable(&self, selection: &Selection) -> Result<Cleared, StoreError> {
        let (entries, output) = selection.total(&*self.database.read_transaction()?)?;
        Ok(Cleared { entries, output })
    }

    pub(super) fn remove(&mut self, removal: &Removal) -> Result<Cleared, StoreError> {
        let mut cleared = Cleared::default();
        let least = least_part(self.database.connection()?)?;
        let (mut is_first, mut most) = (true, least);
        loop {
            let begun = Instant::now();
            let (part, is_done) =
                self.in_transaction(|it| removal.remove_part(it, is_first, most))?;
            cleared += part;
            sweep::settle(self.database.connection_mut()?, &self.location)?;
            if is_done {
                break;
            }
            is_first = false;
            most = if begun.elapsed() < PART_TIME { most * 2 } else { most / 2 }.max(least);
            thread::sleep(TURN_OF_OTHERS);
        }
        while self.in_transaction(space::give_back)? {
            thread::sleep(TURN_OF_OTHERS);
        }
        transaction::sync(&self.location)?;
        Ok(cleared)
    }

    /// Does a part in a transaction, on a full disk too.
    fn in_transaction<T>(
        &mut self,
        part: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let location = self.location.clone();
        let work = |transaction: &Connection| {
            // The totals of a command that stays count what its entries were used for.
            let folded = usage::fold(&location, transaction)?;
            Ok((part(transaction)?, folded))
        };
        let (done, folded) = match self.write(Purpose::Removing, work) {
            Err(fault) if fault.is_of_a_full_disk() => {
                // A removal needs room for the journal, which a full disk does not have. If the process dies without a
                // journal, the store is damaged at worst.
                self.database.connection()?.pragma_update(None, "journal_mode", "MEMORY")?;
                self.write(Purpose::Removing, work)
            }
            done => done,
        }?;
        folded.done();
        Ok(done)
    }

    /// Returns what these removals would remove, one after the other, by making them and rolling back. Entries share
    /// pages, so there is no other way to find out how many bytes one of them frees.
    pub(super) fn try_out(&mut self, removals: &[Removal]) -> Result<Cleared, StoreError> {
        let mut connection = open::open_to_try(&self.location)?;
        let transaction = transaction::write(&mut connection, &self.location, Purpose::Trying)?;
        // The removal itself would fold recent uses in first. Here this is rolled back too, and the file of uses stays.
        let _ = usage::fold(&self.location, &transaction)?;
        let mut cleared = Cleared::default();
        for removal in removals {
            let (mut is_first, mut is_done) = (true, false);
            while !is_done {
                let part;
                (part, is_done) = removal.remove_part(&transaction, is_first, evict::AT_ONCE)?;
                is_first = false;
                cleared += part;
            }
        }
        transaction.rollback()?;
        Ok(cleared)
    }
}
