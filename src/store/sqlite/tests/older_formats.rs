//! Every older format becomes the present one.

use super::former_formats::{MIGRATIONS, SAMPLES};
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::schema::{APPLICATION, is_current, is_ours, migrate};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;

/// A database of a former format that holds samples of this format and of all before it.
fn former(format: usize) -> Connection {
    let connection = Connection::open_in_memory().expect("opened");
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").expect("set");
    for (migration, sample) in MIGRATIONS.iter().zip(SAMPLES).take(format) {
        connection.execute_batch(migration).expect("made");
        connection.execute_batch(sample).expect("filled");
    }
    let version = i64::try_from(format).expect("small");
    connection.pragma_update(None, "user_version", version).expect("set");
    connection.pragma_update(None, "application_id", APPLICATION | version).expect("set");
    connection
}

fn rows(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let columns =
        "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(?1) ORDER BY name)";
    let columns: String = connection.query_row(columns, [table], |row| row.get(0)).expect("listed");
    // The secret of the oldest formats is random, and only the present one has a checksum.
    let (from, order) = match table {
        "note" => ("note WHERE kind <> 0", "kind, name"),
        "object" => ("object", "entry"),
        _ => (table, "id"),
    };
    let sql = format!("SELECT {columns} FROM {from} ORDER BY {order}");
    let mut statement = connection.prepare(&sql).expect("prepared");
    let count = statement.column_count();
    let rows = statement.query_map([], |row| (0..count).map(|at| row.get(at)).collect());
    rows.expect("read").collect::<Result<_, _>>().expect("read")
}

#[test]
fn a_rebuilt_format_holds_what_it_would_after_each_step_on_the_way() {
    for format in 1..MIGRATIONS.len() {
        let stepwise = former(format);
        for migration in &MIGRATIONS[format..] {
            stepwise.execute_batch(migration).expect("made");
        }
        let mut rebuilt = former(format);
        assert!(!is_current(&rebuilt, Path::new("x")).expect("known"));
        migrate(&mut rebuilt).expect("migrated");
        for table in ["command", "entry", "note", "object"] {
            let (rebuilt, stepwise) = (rows(&rebuilt, table), rows(&stepwise, table));
            assert!(!stepwise.is_empty() || table == "object", "{format}: {table}");
            assert_eq!(rebuilt, stepwise, "{format}: {table}");
        }
        assert!(is_ours(&rebuilt).expect("compared"), "{format}");
        assert!(is_current(&rebuilt, Path::new("x")).expect("known"));
        if format >= 4 {
            let secret = Notes::of(&rebuilt, NoteKind::Secret).find(&[]).expect("found");
            assert_eq!(secret.expect("one").value, b"secret");
        }
    }
}
