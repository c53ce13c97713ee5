//! All rows of a query at once.

use crate::store::error::StoreError;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row};

/// The rows of a query, each as `read` reads it.
pub fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(parameters, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first column of each row.
pub fn column<T: FromSql>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    all(connection, sql, parameters, |row| row.get(0))
}
