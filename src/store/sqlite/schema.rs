//! The format of the database, and how an older one becomes the present one.
//!
//! `user_version` is the number of the format. The lower half of `application_id` repeats it, so that a damaged header
//! is not taken for a newer format.

use super::definitions::DEFINITIONS;
use super::notes::{NoteKind, Notes};
use super::read_transaction::ReadTransaction;
use super::rebuild::rebuild;
use super::{rows, space};
use crate::private_directory::NotPrivate;
use crate::store::error::StoreError;
use crate::time::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// The format that this program writes.
const VERSION: i64 = 12;

/// `cx` in the upper half.
pub(super) const APPLICATION: i64 = 0x6378_0000;

/// The `application_id` of the present format.
pub const CURRENT: i64 = APPLICATION | VERSION;

/// The half of `application_id` that repeats the version.
const REPEATED: i64 = 0xffff;

/// Whether a database has the present format. If not, it is empty or older.
pub fn is_current(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let connection = ReadTransaction::of(connection)?;
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == CURRENT {
        // `application_id` holds both numbers, and only tables of this format are ever read.
        return Ok(true);
    }
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, version) {
        (0, 0) if definitions(&connection)?.is_empty() => Ok(false),
        (a, older) if older < VERSION && a == APPLICATION | older => Ok(false),
        (a, found) if found > VERSION && found <= REPEATED && a == APPLICATION | found => {
            Err(StoreError::Newer { path: path.to_owned(), found })
        }
        (a, _) if a & !REPEATED == APPLICATION || is_as_made(&connection).unwrap_or(false) => {
            Err(StoreError::Damaged("its header contradicts itself".to_owned()))
        }
        _ => Err(StoreError::Unfit(NotPrivate {
            path: path.to_owned(),
            problem: "is a database of another program".to_owned(),
            advice: Some("move it away, or name another directory with --cache-dir"),
        })),
    }
}

/// Brings an empty or older database to the present format. The caller holds the set-up lock.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // This lets the file shrink without being rewritten. It only takes effect before the first table is made.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => transaction.execute_batch(DEFINITIONS)?,
        older => rebuild(&transaction, older)?,
    }
    put_secret(&transaction)?;
    while space::give_back(&transaction)? {}
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.pragma_update(None, "application_id", CURRENT)?;
    transaction.commit()?;
    Ok(())
}

/// Makes the secret of a new database, or gives that of an older format its checksum.
fn put_secret(connection: &Connection) -> Result<(), StoreError> {
    let sql =
        "SELECT coalesce((SELECT value FROM note WHERE kind = 0 AND name = x''), randomblob(32))";
    let value: Vec<u8> = connection.query_row(sql, [], |row| row.get(0))?;
    Notes::of(connection, NoteKind::Secret).put(&[], Timestamp::from_millis(0), &value)
}

/// Whether the tables are as cachex makes them, and hold what it stores.
pub fn is_ours(connection: &Connection) -> Result<bool, StoreError> {
    // Only the migration makes the secret with which digests of parts are keyed.
    let has_secret = || Notes::of(connection, NoteKind::Secret).find(&[]).map(|it| it.is_some());
    let is_ours = is_as_made(connection)? && is_well_typed(connection)? && has_secret()?;
    if is_ours {
        // Nothing is stored unless the last clearing can be read.
        Notes::of(connection, NoteKind::Cleared).last_name()?;
    }
    Ok(is_ours)
}

/// Whether the tables are just those that cachex makes.
fn is_as_made(connection: &Connection) -> Result<bool, StoreError> {
    let pristine = Connection::open_in_memory()?;
    pristine.execute_batch(DEFINITIONS)?;
    Ok(definitions(connection)? == definitions(&pristine)?)
}

/// Whether every column holds values of its type: SQLite allows any.
fn is_well_typed(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare(
        "SELECT t.name, group_concat(
             c.name || ' IS NOT NULL AND typeof(' || c.name || ') <> ''' || lower(c.type) || '''',
             ' OR ')
         FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name",
    )?;
    let mut tables = statement.query([])?;
    while let Some(table) = tables.next()? {
        let (table, is_other): (String, String) = (table.get(0)?, table.get(1)?);
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {is_other})");
        if connection.query_row(&sql, [], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The definitions of tables, indexes and triggers, but for white space, which depends on how a table was made.
fn definitions(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
    let sql: Vec<String> = rows::column(connection, sql, [])?;
    let words = |sql: &String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(sql.iter().map(words).collect())
}
