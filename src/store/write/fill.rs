//! Storing a result.
//!
//! All of it or nothing, in one transaction, and the limits hold when it is done. A result whose
//! command was cleared while it ran stays out.

use super::clearing::{self, Clearings};
use super::{command_totals, evict, retention};
use crate::entry::{Entry, NewEntry};
use crate::exit::Exit;
use crate::key::{CommandName, LearnedDigest, encode_words};
use crate::recording::Content;
use crate::size::Size;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::objects::new_object::NewObject;
use crate::store::objects::{owners, sweep};
use crate::store::query::{call_pattern, parts};
use crate::store::sqlite::notes::{self, Note, NoteKind};
use crate::store::sqlite::{codec, space, transaction};
use crate::store::usage;
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::num::NonZeroU64;
use std::os::unix::ffi::OsStrExt;

/// What bounds the store, and what may enter it.
pub struct Limits<'a> {
    /// The clearings before the run began: what was cleared since does not come back.
    pub since: Clearings,
    /// `--max-entries`.
    pub max_entries: Option<NonZeroU64>,
    /// `--max-size`.
    pub max_size: Size,
    /// Whether a result with this ending, stored then, is of no more use to the caller.
    pub is_spent: &'a dyn Fn(Exit, Timestamp) -> bool,
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("max_entries", &self.max_entries)
            .field("max_size", &self.max_size)
            .finish_non_exhaustive()
    }
}

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It is stored.
    Stored,
    /// It is longer than the whole store may be.
    TooLarge,
    /// Its command was cleared while it ran.
    Cleared,
}

/// What one transaction came to.
enum Attempt {
    /// The object is known from now on, and another transaction can store the entry.
    Announced,
    Ended {
        filled: Filled,
        /// Whether there are files that no entry owns.
        leaves_unowned: bool,
    },
}

impl Attempt {
    /// An end that changed nothing.
    fn refused(filled: Filled) -> Self {
        Self::Ended { filled, leaves_unowned: false }
    }
}

impl Store {
    /// Stores a result in place of the one under the same key and condition, and keeps the limits.
    ///
    /// # Errors
    /// As SQLite; nothing is changed then.
    pub fn fill(
        &mut self,
        name: &CommandName,
        new: &NewEntry<'_>,
        learned: &[LearnedDigest],
        limits: &Limits<'_>,
    ) -> Result<Filled, StoreError> {
        let object = match &new.recording.body.content {
            Content::File(file) => Some(NewObject::prepare(&self.location, file)?),
            Content::Memory(_) => None,
        };
        let (filled, leaves_unowned) = loop {
            match self.try_to_fill(name, new, learned, limits, object.as_ref()) {
                Ok(Attempt::Announced) => {}
                Ok(Attempt::Ended { filled, leaves_unowned }) => {
                    break (Ok(filled), leaves_unowned);
                }
                Err(fault) => break (Err(fault), false),
            }
        };
        let was_refused = !matches!(filled, Ok(Filled::Stored));
        if leaves_unowned || object.is_some() && was_refused {
            // If this fails the next writer does it.
            let _ = sweep::settle(self.database.connection_mut()?, &self.location);
        }
        filled
    }

    fn try_to_fill(
        &mut self,
        name: &CommandName,
        new: &NewEntry<'_>,
        learned: &[LearnedDigest],
        limits: &Limits<'_>,
        object: Option<&NewObject<'_>>,
    ) -> Result<Attempt, StoreError> {
        let transaction = transaction::write(self.database.connection_mut()?, &self.location)?;
        if clearing::was_cleared(&transaction, &limits.since, new, name)? {
            return Ok(Attempt::refused(Filled::Cleared));
        }
        if let Some(object) = object
            && !object.is_announced(&transaction)?
        {
            transaction.commit()?;
            return Ok(Attempt::Announced);
        }
        let folded = usage::fold(&self.location, &transaction)?;
        let mut removed = remove_same(&transaction, new)?;
        if let Some(max_entries) = limits.max_entries
            && let Some(command) = command_totals::find(&transaction, new.scope, name)?
        {
            let most = max_entries.get();
            removed += evict::make_room_in_command(&transaction, command, most, limits.is_spent)?;
        }
        let needed = new.recording.body.length + evict::OVERHEAD;
        match evict::make_room_in_store(&transaction, limits.max_size, needed)? {
            Some(more) => removed += more,
            None => return Ok(Attempt::refused(Filled::TooLarge)),
        }
        let (command, runs) =
            command_totals::count_run(&transaction, new.scope, name, new.recording.ended)?;
        let id = insert(&transaction, command, name, new)?;
        if let Some(object) = object {
            object.own(&transaction, id, new.recording.body.length)?;
        }
        remember(&transaction, learned)?;
        match evict::make_room_for_newest(&transaction, limits.max_size, needed, id)? {
            Some(more) => removed += more,
            None => return Ok(Attempt::refused(Filled::TooLarge)),
        }
        // Whatever is replaced or evicted, runs are counted one by one, and so are new commands. Mostly
        // the numbers of entries grow as well.
        let counted = if runs == 1 { command } else { runs };
        if [id, counted].iter().any(|number| number % SELDOM == 0) {
            retention::keep_few(&transaction)?;
        }
        if removed > 0 {
            space::give_back(&transaction)?;
        }
        let leaves_unowned = owners::are_unowned(&transaction)?;
        let replaced = object.map(NewObject::link).transpose()?;
        transaction.commit()?;
        // Now that others can write there is time to give back the room of a file that was replaced.
        drop(replaced);
        folded.done();
        Ok(Attempt::Ended { filled: Filled::Stored, leaves_unowned })
    }

    /// Remembers digests of files, unless another process is writing.
    ///
    /// # Errors
    /// As SQLite.
    pub fn remember(&mut self, learned: &[LearnedDigest]) -> Result<(), StoreError> {
        if learned.is_empty() || self.is_read_only() {
            return Ok(());
        }
        let transaction =
            transaction::write_at_once(self.database.connection_mut()?, &self.location)?;
        remember(&transaction, learned)?;
        transaction.commit()?;
        Ok(())
    }
}

/// What is kept for later is counted with one in about so many entries that are stored: counting takes
/// longer than storing.
const SELDOM: i64 = 64;

/// The entries of the same key and input.
const SAME: &str = "key = ?1 AND substr(condition, 1, length(?2)) = ?2";

/// Removes the entry that is replaced; how many there were.
fn remove_same(connection: &Connection, new: &NewEntry<'_>) -> Result<usize, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT id FROM entry WHERE {SAME}"))?;
    let ids = statement
        .query_map(params![new.key.0.as_bytes(), codec::encode_input(new.condition)], |row| {
            row.get(0)
        })?
        .collect::<Result<Vec<i64>, _>>()?;
    for id in &ids {
        evict::remove(connection, *id)?;
    }
    Ok(ids.len())
}

fn insert(
    connection: &Connection,
    command: i64,
    name: &CommandName,
    new: &NewEntry<'_>,
) -> Result<i64, StoreError> {
    let entry = Entry {
        id: 0,
        key: new.key,
        condition: new.condition,
        exit: new.recording.exit,
        created: new.recording.ended,
        elapsed: new.recording.elapsed,
        renewal_failed: None,
    };
    let body = &new.recording.body;
    let in_row = match &body.content {
        Content::Memory(frames) => Some(frames),
        Content::File(_) => None,
    };
    let ignored = call_pattern::ignored(new.ignored);
    if let Some(ignored) = &ignored {
        call_pattern::remember(connection, ignored)?;
    }
    connection.execute(
        "INSERT INTO entry (key, condition, command, exit, created, elapsed, lifetime, used, hits,
                            output, length, seal, arguments, words, directory, body,
                            parts, ignored)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            entry.key.0.as_bytes(),
            codec::encode_condition(entry.condition),
            command,
            entry.exit.status(),
            entry.created.as_millis(),
            codec::stored_millis(entry.elapsed),
            codec::stored_lifetime(new.lifetime),
            codec::stored_count(body.output),
            codec::stored_count(body.length),
            codec::checksum(&entry, body),
            name.arguments(),
            encode_words(new.words.iter().map(std::ffi::OsString::as_os_str)),
            new.directory.as_ref().map(|directory| directory.as_os_str().as_bytes()),
            in_row,
            parts::encoded(connection, &new.parts)?,
            ignored,
        ],
    )?;
    Ok(connection.last_insert_rowid())
}

fn remember(connection: &Connection, learned: &[LearnedDigest]) -> Result<(), StoreError> {
    for LearnedDigest { path, stamp, digest } in learned {
        let value = codec::checksummed_digest(path, stamp, digest);
        let note = Note { at: Timestamp::now(), value };
        notes::put(connection, NoteKind::File, path.as_os_str().as_bytes(), &note)?;
    }
    Ok(())
}
