//! Output too long for a row, in a database of its own: `outputs.db`.
//!
//! Its pages are sixteen times as large as those of `cachex.db`, so that a long output is read about as
//! fast as a file is. Who writes has it attached, as `long`, and both files change in one transaction; what
//! a kill leaves half done is found by the seal of the entry. Who reads opens it alone, so that while long output
//! is shown nobody waits but those who write to this file, and they not for long.

use super::codec::{BLOCKS_PER_ENTRY, block_ids};
use super::connect::{check_pages, connect, open_to_look as open_file_to_look, unmistakable};
use super::{read_transaction, space};
use crate::private_directory::open_private;
use crate::recording::{Body, Checksum, Checksummer, Content, Stored, Survey};
use crate::store::error::StoreError;
use crate::store::location::StoreLocation;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::slice;
use std::time::Duration;

/// Output up to this length, in bytes, lies in the row of its entry.
pub(in crate::store) const IN_ROW: u64 = 1 << 20;

/// Longer output lies in blocks of this length.
const BLOCK: usize = 1 << 20;

/// Bytes that are read of a file at once.
const BUFFER: usize = 128 << 10;

/// Bytes of a page, the most that there can be.
const PAGE: i64 = 64 << 10;

/// So many pages stay in memory.
const CACHED: i64 = 32;

const TABLE: &str = "block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)";

/// Makes the file that long output goes to, for [`attach`], unless it is there.
pub(in crate::store) fn make(location: &StoreLocation) -> Result<(), StoreError> {
    open_private(&location.outputs(), OFlags::RDWR)?;
    Ok(())
}

/// How long the file is, in bytes: 0 if it is not there.
pub(in crate::store) fn file_length(location: &StoreLocation) -> u64 {
    location.outputs().metadata().map_or(0, |found| found.len())
}

/// Lets a connection that is about to write reach long output, and tells whether there is any.
///
/// It is never synced: without its entry it is never shown again. (If both files were, a kill would also
/// leave behind the third one that SQLite then needs.)
pub(in crate::store) fn attach(
    connection: &Connection,
    location: &StoreLocation,
) -> Result<bool, StoreError> {
    if is_attached(connection) {
        return Ok(true);
    }
    let Some(metadata) = StoreLocation::check_file(&location.outputs())? else { return Ok(false) };
    let path = unmistakable(&location.outputs());
    let name = ToSqlOutput::Borrowed(ValueRef::Text(path.as_os_str().as_bytes()));
    connection.execute("ATTACH ?1 AS long", [name])?;
    connection.pragma_update(Some("long"), "synchronous", "OFF")?;
    if metadata.len() == 0 {
        connection.pragma_update(Some("long"), "page_size", PAGE)?;
        connection.pragma_update(Some("long"), "auto_vacuum", "INCREMENTAL")?;
        // Without this there would be as many as of the small pages that it was to have.
        connection.pragma_update(Some("long"), "cache_size", CACHED)?;
    }
    Ok(true)
}

fn is_attached(connection: &Connection) -> bool {
    connection.is_readonly("long").is_ok()
}

/// So long those who read long output are waited for before more of it is stored: others who want to store
/// something wait meanwhile, and they must not lose patience.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until nobody reads long output, and keeps them out: for the beginning of a transaction that
/// stores or removes some. Later on `cachex.db` would be locked meanwhile, and what cannot be written be kept in memory.
pub(in crate::store) fn wait_for_readers(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(PATIENCE)?;
    // Only what was changed takes a lock. No entry has this number.
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS long.{TABLE};
         INSERT OR IGNORE INTO long.block VALUES (0, x'');
         DELETE FROM long.block WHERE id = 0"
    ))?;
    Ok(connection.cache_flush()?)
}

/// Stores the output of an entry. Its transaction is one that [`attach`] was called for.
pub(in crate::store) fn insert(
    connection: &Connection,
    id: i64,
    body: &mut Body,
) -> Result<(), StoreError> {
    // A kill may have left some that belonged to nobody.
    remove(connection, id)?;
    connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS long.{TABLE}"))?;
    let mut ids = block_ids(id);
    let mut statement = connection.prepare("INSERT INTO long.block (id, bytes) VALUES (?1, ?2)")?;
    body.for_each_block(BLOCK, |block| {
        statement.execute(params![ids.next(), block])?;
        Ok(())
    })
}

/// Removes the output of an entry, if it is there.
pub(in crate::store) fn remove(connection: &Connection, id: i64) -> Result<(), StoreError> {
    if is_there(connection)? {
        let blocks = block_ids(id);
        let sql = "DELETE FROM long.block WHERE id BETWEEN ?1 AND ?2";
        connection.execute(sql, params![blocks.start(), blocks.end()])?;
        forget_empty_table(connection)?;
    }
    Ok(())
}

/// An empty table still takes two large pages.
fn forget_empty_table(connection: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM long.block)";
    if !connection.query_row(sql, [], |row| row.get(0))? {
        connection.execute_batch("DROP TABLE long.block")?;
    }
    Ok(())
}

/// Removes what belongs to no entry. Mostly there is nothing, and then the file need not be writable.
pub(in crate::store) fn remove_orphans(connection: &Connection) -> Result<(), StoreError> {
    if !is_there(connection)? {
        return Ok(());
    }
    let orphans = "FROM long.block WHERE NOT EXISTS
                   (SELECT 1 FROM entry WHERE entry.id = block.id / ?1 AND body IS NULL)";
    let numbers = [BLOCKS_PER_ENTRY];
    let sql = format!("SELECT EXISTS (SELECT 1 {orphans})");
    if connection.query_row(&sql, numbers, |row| row.get(0))? {
        connection.execute(&format!("DELETE {orphans}"), numbers)?;
        forget_empty_table(connection)?;
    }
    Ok(())
}

/// Whether any is stored, as far as this connection can reach it.
pub(in crate::store) fn is_there(connection: &Connection) -> Result<bool, StoreError> {
    if !is_attached(connection) {
        return Ok(false);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM long.sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// How long the file is once it has shrunk, in bytes.
pub(in crate::store) fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    if is_attached(connection) { space::shrunk(connection, "long") } else { Ok(0) }
}

/// Gives free pages back to the file system.
pub(in crate::store) fn shrink(connection: &Connection) -> Result<(), StoreError> {
    if is_attached(connection) { space::give_back(connection, "long") } else { Ok(()) }
}

/// The file as it is, to look at only; `None` if it is not there.
pub(in crate::store) fn open_to_look(
    location: &StoreLocation,
) -> Result<Option<Connection>, StoreError> {
    let found = StoreLocation::check_file(&location.outputs())?;
    found.map(|_| open_file_to_look(&location.outputs())).transpose()
}

/// Looks the file over. All is well if it is not there.
pub(in crate::store) fn check(location: &StoreLocation) -> Result<(), StoreError> {
    let Some(connection) = open_to_look(location)? else { return Ok(()) };
    check_pages(&connection)?;
    let sql = "SELECT group_concat(sql) FROM sqlite_schema";
    let found: Option<String> = connection.query_row(sql, [], |row| row.get(0))?;
    match found {
        Some(found) if found != format!("CREATE TABLE {TABLE}") => {
            Err(StoreError::Damaged("the table of long output was altered".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Long output where it is stored. All that is read of it is of one moment.
#[derive(Debug)]
pub(in crate::store) struct LongOutput {
    location: StoreLocation,
    connection: Connection,
    id: i64,
    /// The checksum of all up to the end of each block, once it was looked over.
    sums: Vec<Checksum>,
    is_spent: bool,
}

impl LongOutput {
    /// That of an entry; `None` if nothing is stored.
    pub(in crate::store) fn of(
        location: &StoreLocation,
        id: i64,
    ) -> Result<Option<Self>, StoreError> {
        if StoreLocation::check_file(&location.outputs())?.is_none() {
            return Ok(None);
        }
        let access = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = connect(&location.outputs(), access)?;
        connection.execute_batch("BEGIN")?;
        let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'block'";
        let table = connection.query_row(sql, [], |_| Ok(())).optional()?;
        let location = location.clone();
        Ok(table.map(|()| Self { location, connection, id, sums: Vec::new(), is_spent: false }))
    }

    /// Looks all of it over; what it is if this checksum is right.
    pub(in crate::store) fn look_over(mut self) -> Result<(Content, Checksum), StoreError> {
        let mut survey = Survey::default();
        let mut sums = Vec::new();
        let mut statement = self.connection.prepare(BLOCKS)?;
        let mut rows = statement.query(beyond(self.id, None))?;
        while let Some(row) = rows.next()? {
            survey.take(bytes_of(row)?)?;
            sums.push(survey.checksum());
        }
        drop(rows);
        drop(statement);
        self.sums = sums;
        let content = Content::Stored { streams: survey.streams(), frames: Box::new(self) };
        Ok((content, survey.checksum()))
    }

    /// Hands the blocks to `sink`; what it did not take is returned if it has to wait, in a file of its
    /// own.
    fn offer(
        &self,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> Result<Option<File>, StoreError> {
        let mut again = Again::of(&self.sums);
        let mut statement = self.connection.prepare(BLOCKS)?;
        let mut rows = statement.query(beyond(self.id, None))?;
        while let Some(row) = rows.next()? {
            let mut block = again.is_same(bytes_of(row)?)?;
            while !block.is_empty() {
                let taken = sink(block)?;
                block = &block[taken..];
                if !block.is_empty()
                    && let Ok(copy) = self.copy(block, Some(row.get(0)?), again.clone())
                {
                    return Ok(Some(copy));
                }
                // With no room for a copy those who write have to wait for our reader.
            }
        }
        again.end()?;
        Ok(None)
    }

    /// These bytes, and the blocks behind that of this number.
    fn copy(
        &self,
        first: &[u8],
        before: Option<i64>,
        mut again: Again<'_>,
    ) -> Result<File, StoreError> {
        let mut file = self.location.unnamed_file()?;
        file.write_all(first)?;
        let mut statement = self.connection.prepare(BLOCKS)?;
        let mut rows = statement.query(beyond(self.id, before))?;
        while let Some(row) = rows.next()? {
            file.write_all(again.is_same(bytes_of(row)?)?)?;
        }
        again.end()?;
        file.rewind()?;
        Ok(file)
    }

    /// Hands all of it to `sink`, without holding anything up as soon as that has to wait.
    fn hand_out(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> Result<(), StoreError> {
        let copy = self.offer(sink)?;
        read_transaction::end(&self.connection);
        let Some(mut file) = copy else { return Ok(()) };
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = file.read(&mut buffer)?;
            let mut piece = &buffer[..length];
            if piece.is_empty() {
                return Ok(());
            }
            while !piece.is_empty() {
                let taken = sink(piece)?;
                piece = &piece[taken..];
            }
        }
    }
}

/// What is behind one block of an entry, up to its last.
const BLOCKS: &str = "SELECT id, bytes FROM block WHERE id > ?1 AND id <= ?2 ORDER BY id";

/// The range of the blocks of an entry behind this one, if any.
fn beyond(entry: i64, before: Option<i64>) -> [i64; 2] {
    let ids = block_ids(entry);
    [before.unwrap_or(ids.start().saturating_sub(1)), *ids.end()]
}

fn bytes_of<'r>(row: &'r Row<'_>) -> Result<&'r [u8], StoreError> {
    Ok(row.get_ref(1)?.as_blob().unwrap_or_default())
}

/// What was looked over, read again: since then the file may have been damaged.
#[derive(Clone)]
struct Again<'s> {
    sums: slice::Iter<'s, Checksum>,
    checksummer: Checksummer,
}

impl<'s> Again<'s> {
    fn of(sums: &'s [Checksum]) -> Self {
        Self { sums: sums.iter(), checksummer: Checksummer::default() }
    }

    /// The next block, if it is what it was.
    fn is_same<'b>(&mut self, block: &'b [u8]) -> Result<&'b [u8], StoreError> {
        self.checksummer.update(block);
        if self.sums.next() == Some(&self.checksummer.finish()) {
            Ok(block)
        } else {
            Err(damaged())
        }
    }

    /// Whether there are no more of them.
    fn end(mut self) -> Result<(), StoreError> {
        if self.sums.next().is_none() { Ok(()) } else { Err(damaged()) }
    }
}

fn damaged() -> StoreError {
    StoreError::Damaged("long output was altered while it was read".to_owned())
}

impl Stored for LongOutput {
    fn for_each_piece(
        &mut self,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        if std::mem::replace(&mut self.is_spent, true) {
            return Err(io::Error::other("it was handed out before"));
        }
        self.hand_out(sink).map_err(as_io_error)
    }

    fn copied(&self) -> io::Result<File> {
        self.copy(&[], None, Again::of(&self.sums)).map_err(as_io_error)
    }
}

fn as_io_error(fault: StoreError) -> io::Error {
    match fault {
        StoreError::Io(fault) => fault,
        fault => io::Error::other(fault),
    }
}
