//! Migrates from an older format: makes the tables anew, and copies the columns that both formats have.
//!
//! It happens in the transaction of the caller, and takes time and space for a copy of the database. All older formats go this way.

use super::definitions::DEFINITIONS;
use super::rows;
use crate::store::error::StoreError;
use rusqlite::Connection;
use std::ops::RangeInclusive;

/// Further statements that some formats need beside the copy.
const STEPS: &[(RangeInclusive<i64>, &str)] = &[
    (4..=7, "INSERT INTO note SELECT 0, x'', 0, bytes FROM older_secret"),
    (
        6..=7,
        "INSERT INTO note
         SELECT 2, key, at, CASE cause WHEN 0 THEN x'00' WHEN 1 THEN x'01' ELSE x'02' END FROM older_gone",
    ),
    (1..=7, "INSERT INTO note SELECT 3, path, learned, digest FROM older_file_digest"),
    (
        7..=7,
        "INSERT INTO note SELECT DISTINCT 4, ignored, 0, x'' FROM entry WHERE ignored IS NOT NULL",
    ),
    // Summed as floating point: the numbers may be damaged, and an integer sum that overflows is an error.
    (
        1..=4,
        "UPDATE command SET (hits, misses, saved, used) = (
             SELECT CAST(total(hits) AS INTEGER), count(*),
                    CAST(total(1.0 * hits * elapsed) AS INTEGER), coalesce(max(used), 0)
             FROM older_entry WHERE older_entry.command = command.id)",
    ),
    (
        1..=9,
        "UPDATE command SET (entries, output) = (
             SELECT count(*), CAST(total(output) AS INTEGER) FROM entry WHERE command = command.id);
         UPDATE command SET idle = entries = 0",
    ),
];

/// Makes the tables of an older format anew.
pub(super) fn rebuild(connection: &Connection, version: i64) -> Result<(), StoreError> {
    execute_each(
        connection,
        r#"SELECT iif(type = 'table', format('ALTER TABLE "%w" RENAME TO "older_%w"', name, name),
                      format('DROP %s "%w"', type, name))
           FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'table'"#,
    )?;
    connection.execute_batch(DEFINITIONS)?;
    // Before format 9 long output was kept elsewhere. It is not copied.
    copy(connection, "entry", if version < 9 { "body IS NOT NULL" } else { "TRUE" })?;
    copy(connection, "command", "TRUE")?;
    if version >= 8 {
        // Clearings matter to runs in flight only, and programs that write an older format store nothing in this one.
        copy(connection, "note", "kind <> 1")?;
    }
    if version >= 9 {
        copy(connection, "object", "TRUE")?;
    }
    for (_, step) in STEPS.iter().filter(|(versions, _)| versions.contains(&version)) {
        connection.execute_batch(step)?;
    }
    // Entries of some formats refer to commands, so they are removed first.
    execute_each(
        connection,
        r#"SELECT format('DROP TABLE "%w"', name) FROM sqlite_schema
           WHERE type = 'table' AND name GLOB 'older_*' ORDER BY name DESC"#,
    )
}

/// Executes the statements that a query gives.
fn execute_each(connection: &Connection, query: &str) -> Result<(), StoreError> {
    let statements: Vec<String> = rows::column(connection, query, [])?;
    Ok(connection.execute_batch(&statements.join(";"))?)
}

/// Copies rows of an older table. A column that the older format does not have is NULL, or 0 if it must not be.
fn copy(connection: &Connection, table: &str, condition: &str) -> Result<(), StoreError> {
    let columns = format!(
        "SELECT group_concat(new.name), group_concat(coalesce(old.name, iif(new.[notnull], '0', 'NULL')))
         FROM pragma_table_info('{table}') new LEFT JOIN pragma_table_info('older_{table}') old USING (name)"
    );
    let (new, old): (String, String) =
        connection.query_row(&columns, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let copy =
        format!("INSERT INTO {table} ({new}) SELECT {old} FROM older_{table} WHERE {condition}");
    connection.execute(&copy, [])?;
    Ok(())
}
