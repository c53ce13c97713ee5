//! Whatever values the columns of a sound database hold, the store gives what was stored, or nothing.
#![no_main]

mod sample;

use libfuzzer_sys::fuzz_target;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::sync::LazyLock;

/// Every table and column of the sample.
static COLUMNS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let connection = Connection::open(sample::fresh().1).expect("opened");
    let sql = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
               WHERE t.type = 'table'";
    let mut columns = connection.prepare(sql).expect("a statement");
    let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("read");
    columns.collect::<Result<_, _>>().expect("read")
});

fuzz_target!(|changes: Vec<(u8, u8, u8, i64, Vec<u8>)>| {
    let columns = &*COLUMNS;
    let (directory, path) = sample::fresh();
    let connection = Connection::open(&path).expect("opened");
    connection.pragma_update(None, "synchronous", "OFF").expect("set");
    for (column, row, kind, number, bytes) in changes {
        let (table, column) = &columns[usize::from(column) % columns.len()];
        let value = match kind % 6 {
            0 => Some(Value::Null),
            1 => Some(Value::Integer(number)),
            2 => Some(Value::Real(f64::from_bits(number.cast_unsigned()))),
            3 => Some(Value::Text(String::from_utf8_lossy(&bytes).into_owned())),
            4 => Some(Value::Blob(bytes)),
            _ => None,
        };
        let change = match value {
            Some(_) => format!("UPDATE {table} SET {column} = ?1"),
            None => format!("DELETE FROM {table}"),
        };
        let which = match row % 9 {
            0 => "1",
            // The only table without row numbers.
            row if table == "note" => &format!("kind = {}", row - 1),
            row => &format!("rowid = {row}"),
        };
        // A constraint may forbid the change.
        let _ = connection.execute(&format!("{change} WHERE {which}"), params_from_iter(value));
    }
    drop(connection);
    sample::check(directory);
});
