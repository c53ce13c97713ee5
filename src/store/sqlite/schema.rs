//! The format of the database, and how an older one becomes the present one.
//!
//! `user_version` counts the migrations that were made. The lower half of `application_id` repeats it, so that a
//! damaged header is not taken for a newer format.

use super::migrations::MIGRATIONS;
use super::notes::{self, NoteKind};
use super::read_transaction::ReadTransaction;
use super::space;
use crate::store::error::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// The format that this program writes.
#[allow(clippy::cast_possible_wrap, reason = "a handful")]
const VERSION: i64 = MIGRATIONS.len() as i64;

/// The format from which on the secret has a checksum.
const FIRST_WITH_CHECKSUMS_OF_NOTES: i64 = 10;

/// `cx` in the upper half.
const APPLICATION: i64 = 0x6378_0000;

/// The `application_id` of the present format.
pub(in crate::store) const CURRENT: i64 = APPLICATION | VERSION;

/// The half of `application_id` that repeats the version.
const REPEATED: i64 = 0xffff;

/// How the format of an existing database stands to the present one.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) enum DatabaseFormat {
    Current,
    /// Empty or older.
    Behind,
}

/// Reads the format of a database.
pub(in crate::store) fn state(
    connection: &Connection,
    path: &Path,
) -> Result<DatabaseFormat, StoreError> {
    let connection = ReadTransaction::of(connection)?;
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == CURRENT {
        // It holds both numbers, and only tables of this format are ever read.
        return Ok(DatabaseFormat::Current);
    }
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, version) {
        (0, 0) if is_empty(&connection)? => Ok(DatabaseFormat::Behind),
        (a, older) if older < VERSION && a == APPLICATION | older => Ok(DatabaseFormat::Behind),
        (a, found) if found > VERSION && found <= REPEATED && a == APPLICATION | found => {
            Err(StoreError::Newer { path: path.to_owned(), found })
        }
        (a, _) if a & !REPEATED == APPLICATION || is_as_made(&connection).unwrap_or(false) => {
            Err(StoreError::Damaged("its header contradicts itself".to_owned()))
        }
        _ => Err(StoreError::Unfit {
            path: path.to_owned(),
            problem: "is a database of another program".to_owned(),
            advice: "move it away, or name another directory with --cache-dir".to_owned(),
        }),
    }
}

fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// Brings an empty or older database to the present format. The caller holds the set-up lock.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // Only takes effect before the first table: lets the file shrink without rewriting it.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    if version < FIRST_WITH_CHECKSUMS_OF_NOTES {
        notes::add_checksum_to_secret(&transaction)?;
    }
    while space::give_back(&transaction)? {}
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.pragma_update(None, "application_id", CURRENT)?;
    transaction.commit()?;
    Ok(())
}

/// Whether the tables are as cachex makes them, and hold what it stores.
pub(in crate::store) fn is_ours(connection: &Connection) -> Result<bool, StoreError> {
    Ok(is_as_made(connection)? && is_well_typed(connection)? && has_secret(connection)?)
}

/// Whether the tables are just those that the migrations make.
fn is_as_made(connection: &Connection) -> Result<bool, StoreError> {
    let mut pristine = Connection::open_in_memory()?;
    migrate(&mut pristine)?;
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
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_sequence WHERE typeof(seq) <> 'integer')";
    Ok(!connection.query_row(sql, [], |row| row.get::<_, bool>(0))?)
}

/// Whether the secret exists that digests of parts are keyed with: only a migration makes it.
fn has_secret(connection: &Connection) -> Result<bool, StoreError> {
    Ok(notes::find(connection, NoteKind::Secret, &[])?.is_some())
}

fn definitions(connection: &Connection) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_older_format_becomes_the_present_one() {
        for older in 1..MIGRATIONS.len() {
            let mut connection = Connection::open_in_memory().expect("opened");
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").expect("set");
            for migration in &MIGRATIONS[..older] {
                connection.execute_batch(migration).expect("made");
            }
            let version = i64::try_from(older).expect("small");
            connection.pragma_update(None, "user_version", version).expect("set");
            connection.pragma_update(None, "application_id", APPLICATION | version).expect("set");
            assert_eq!(state(&connection, Path::new("x")).expect("known"), DatabaseFormat::Behind);
            migrate(&mut connection).expect("migrated");
            assert_eq!(state(&connection, Path::new("x")).expect("known"), DatabaseFormat::Current);
            assert!(is_as_made(&connection).expect("compared"));
        }
    }
}
