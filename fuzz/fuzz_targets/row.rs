//! Whatever a sound database holds in its columns, the store gives what was stored or nothing.
#![no_main]

mod sample;

use libfuzzer_sys::fuzz_target;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

const COLUMNS: [(&str, &str); 22] = [
    ("entry", "key"),
    ("entry", "condition"),
    ("entry", "command"),
    ("entry", "exit"),
    ("entry", "created"),
    ("entry", "elapsed"),
    ("entry", "lifetime"),
    ("entry", "used"),
    ("entry", "hits"),
    ("entry", "output"),
    ("entry", "length"),
    ("entry", "seal"),
    ("entry", "arguments"),
    ("entry", "words"),
    ("entry", "directory"),
    ("entry", "body"),
    ("entry", "renewal_failed"),
    ("command", "scope"),
    ("command", "name"),
    ("block", "bytes"),
    ("block", "id"),
    ("sqlite_sequence", "seq"),
];

fuzz_target!(|changes: Vec<(u8, u8, u8, i64, Vec<u8>)>| {
    let (directory, path) = sample::fresh();
    let connection = Connection::open(&path).expect("opened");
    connection.pragma_update(None, "synchronous", "OFF").expect("set");
    for (column, row, kind, number, bytes) in changes {
        let (table, column) = COLUMNS[usize::from(column) % COLUMNS.len()];
        let value = match kind % 5 {
            0 => Value::Null,
            1 => Value::Integer(number),
            2 => Value::Real(f64::from_bits(number.cast_unsigned())),
            3 => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
            _ => Value::Blob(bytes),
        };
        let row = row % 5;
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2 OR ?2 = 0");
        // A constraint may forbid it.
        let _ = connection.execute(&sql, params![value, row]);
    }
    drop(connection);
    sample::check(directory);
});
