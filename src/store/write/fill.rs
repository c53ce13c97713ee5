//! Storing a result.
//!
//! A fill changes everything or nothing, in one transaction, and afterwards the limits hold. A result whose command was
//! cleared while it ran is not stored.

use super::clearing::{self, Clearings};
use super::entries::OVERHEAD;
use super::{command_totals, evict, insert, retention};
use crate::entry::{EntryOrigin, NewEntry};
use crate::exit::Exit;
use crate::inputs::SeenInputs;
use crate::key::{CommandName, LearnedDigest};
use crate::recording::Content;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::location::StoreLocation;
use crate::store::objects::new_objects::NewObjects;
use crate::store::objects::{owners, sweep};
use crate::store::remote_uses::RemoteUses;
use crate::store::sqlite::space;
use crate::store::sqlite::transaction::{self, Purpose};
use crate::store::{remote_uses, usage};
use crate::time::Timestamp;
use rusqlite::Connection;
use std::cell::Cell;
use std::num::NonZeroU64;

/// The conditions and limits under which a result is stored.
pub struct Limits<'a> {
    /// The clearings before the run began. A command that was cleared since is not stored.
    pub since: Clearings,
    /// `--max-entries`.
    pub max_entries: Option<NonZeroU64>,
    /// `--max-size`.
    pub max_size: Size,
    /// Whether an entry with this exit and date is too old to serve.
    pub is_spent: &'a dyn Fn(Exit, Timestamp) -> bool,
}

/// The outcome of storing a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It is stored.
    Stored,
    /// It is larger than the limit of the whole store.
    TooLarge,
    /// Its command was cleared while it ran.
    Cleared,
    /// A file that its command wrote was changed before it was stored.
    Changed,
}

impl Store {
    /// Stores a result in place of the one with the same key and condition, and keeps the limits.
    ///
    /// # Errors
    /// When SQLite fails. Nothing has changed then.
    pub fn fill(
        &mut self,
        name: &CommandName,
        new: &NewEntry<'_>,
        learned: &[LearnedDigest],
        limits: &Limits<'_>,
    ) -> Result<Filled, StoreError> {
        let connection = self.database.connection_mut()?;
        let objects = NewObjects::prepare(&self.location, new)?;
        if objects.as_ref().is_some_and(|objects| objects.size() > limits.max_size.0) {
            // This is known before anything is copied.
            return Ok(Filled::TooLarge);
        }
        let has_objects = objects.is_some();
        let uses = &self.pending_uses;
        let mut fill = Fill { name, new, learned, limits, objects, uses };
        let ended = fill.finish(connection, &self.location);
        drop(fill);
        let leaves_files = match &ended {
            Ok((Filled::Stored, leaves_files)) => *leaves_files,
            // The wait for the lock was long enough.
            Err(StoreError::Busy) => false,
            _ => has_objects,
        };
        if leaves_files {
            // If this fails, the next writer does it.
            let _ = sweep::settle(connection, &self.location);
        }
        ended.map(|(filled, _)| filled)
    }

    /// Remembers digests of files, unless another process is writing.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn remember(&mut self, learned: &[LearnedDigest]) -> Result<(), StoreError> {
        if learned.is_empty() || self.is_read_only() {
            return Ok(());
        }
        self.write(Purpose::StoringAtOnce, |transaction| insert::remember(transaction, learned))
    }
}

/// One in this many fills trims what is kept beside the entries: counting that takes longer than storing an entry.
const TRIM_INTERVAL: i64 = 64;

/// With very many commands this happens even less often: once per this many of them.
const COMMANDS_PER_FILL: i64 = 256;

/// A result to store.
struct Fill<'a> {
    name: &'a CommandName,
    new: &'a NewEntry<'a>,
    learned: &'a [LearnedDigest],
    limits: &'a Limits<'a>,
    objects: Option<NewObjects<'a>>,
    uses: &'a Cell<RemoteUses>,
}

impl Fill<'_> {
    /// Stores the result, and returns whether there may be objects without an owner.
    fn finish(
        &mut self,
        connection: &mut Connection,
        location: &StoreLocation,
    ) -> Result<(Filled, bool), StoreError> {
        loop {
            if let Some(ended) = self.attempt(connection, location)? {
                return Ok(ended);
            }
            if let Some(objects) = &mut self.objects
                && !objects.stage()?
            {
                return Ok((Filled::Changed, true));
            }
        }
    }

    /// Stores the result in one transaction. Returns `None` if it only noted that the objects are about to exist.
    /// Another transaction has to store the entry then.
    fn attempt(
        &mut self,
        connection: &mut Connection,
        location: &StoreLocation,
    ) -> Result<Option<(Filled, bool)>, StoreError> {
        let Self { name, new, limits, .. } = *self;
        let transaction = transaction::write(connection, location, Purpose::Storing)?;
        if clearing::was_cleared(&transaction, &limits.since, new, name)? {
            return Ok(Some((Filled::Cleared, false)));
        }
        if let Some(objects) = &mut self.objects
            && objects.announce(&transaction)?
        {
            transaction.commit()?;
            return Ok(None);
        }
        let folded = usage::fold(location, &transaction)?;
        remote_uses::add(&transaction, self.uses.get().counters())?;
        let Some(removed) = self.replace(&transaction)? else {
            return Ok(Some((Filled::TooLarge, false)));
        };
        if removed > 0 {
            while space::give_back(&transaction)? {}
        }
        let leaves_files = owners::are_unsettled(&transaction)?;
        let replaced = self.objects.as_mut().map(|it| it.link(&transaction)).transpose()?;
        transaction.commit()?;
        self.uses.take();
        // Freeing a long file takes a while, so it happens when others can write again.
        drop(replaced);
        folded.done();
        Ok(Some((Filled::Stored, leaves_files)))
    }

    /// Writes the rows and removes others until the limits hold. Returns how many were removed, or `None` if the entry
    /// is too large.
    fn replace(&self, transaction: &Connection) -> Result<Option<usize>, StoreError> {
        let Self { name, new, learned, limits, objects, .. } = self;
        let mut removed = insert::remove_same(transaction, new)?;
        removed += insert::remove_oldest_traced(transaction, new)?;
        if let Some(max_entries) = limits.max_entries
            && let Some(command) = command_totals::find(transaction, new.scope, name)?
        {
            let most = max_entries.get();
            removed += evict::make_room_in_command(transaction, command, most, limits.is_spent)?;
        }
        let frames = match &new.recording.body.content {
            Content::Memory(frames) => frames.len() as u64,
            Content::File(_) => 0,
        };
        let inputs = new.inputs.as_ref().map_or(0, SeenInputs::size);
        let outputs = new.outputs.as_ref().map_or(0, |outputs| outputs.manifest.len() as u64);
        let row = [frames, inputs, outputs].into_iter().fold(OVERHEAD, u64::saturating_add);
        let objects_to_add = objects.as_ref().map_or(Ok(0), |it| it.unowned_size(transaction))?;
        let added = row.saturating_add(objects_to_add);
        let needed = row.saturating_add(objects.as_ref().map_or(0, NewObjects::size));
        let Some(evicted) = evict::make_room_in_store(transaction, limits.max_size, added)? else {
            return Ok(None);
        };
        let (command, runs) =
            command_totals::count(transaction, new.scope, name, new.origin, new.recording.ended)?;
        let id = insert::insert(transaction, command, name, new)?;
        if let Some(objects) = objects {
            objects.own(transaction, id)?;
        }
        insert::remember(transaction, learned)?;
        let Some(more) = evict::make_room_for_newest(transaction, limits.max_size, needed, id)?
        else {
            return Ok(None);
        };
        // Counts of runs and numbers of new commands grow one by one, whatever is replaced or evicted. Ids of
        // entries mostly grow as well.
        let counted = if runs > 1 && new.origin == EntryOrigin::Run { runs } else { command };
        let commands = command_totals::highest_number(transaction)?;
        let interval = TRIM_INTERVAL.max(commands / COMMANDS_PER_FILL);
        if [id, counted].iter().any(|number| number % interval == 0) {
            retention::keep_few(transaction)?;
        }
        Ok(Some(removed + evicted + more))
    }
}
