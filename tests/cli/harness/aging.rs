//! Moves entries into the past, so that tests of time need not wait.

use cachex::entry::Entry;
use cachex::recording::{Body, Checksum, Checksummer};
use cachex::store::{Selection, Store};
use rusqlite::{Connection, params};
use std::path::Path;

/// Makes every entry of a store `millis` milliseconds older, or younger if negative.
pub fn age(directory: &Path, millis: i64) {
    let mut store = Store::open(directory).expect("a store");
    let selected = store.select(&Selection::all()).expect("selected");
    let listed = store.describe(&selected).expect("listed");
    let entries: Vec<_> = listed
        .into_iter()
        .map(|description| {
            let body = store.output(&description.entry).expect("read").expect("an intact entry");
            let outputs = store.outputs(&description.entry).expect("read");
            (description.entry, body, outputs)
        })
        .collect();
    drop(store);
    let database = Connection::open(directory.join("cachex.db")).expect("opened");
    for (entry, body, outputs) in entries {
        let condition: Vec<u8> = database
            .query_row("SELECT condition FROM entry WHERE id = ?1", [entry.id], |row| row.get(0))
            .expect("found");
        let created = entry.created.as_millis() - millis;
        let outputs = outputs.map(|manifest| stored_manifest(&entry, created, &manifest));
        let sql = "UPDATE entry SET created = ?2, used = used - ?4, seal = ?3, outputs = ?5,
                          renewal_failed = renewal_failed - ?4 WHERE id = ?1";
        let checksum = checksum(&entry, created, &condition, &body, outputs.as_deref());
        let parameters = params![entry.id, created, checksum, millis, outputs];
        database.execute(sql, parameters).expect("aged");
    }
}

/// The manifest of output files as the store keeps it, with a checksum behind it.
fn stored_manifest(entry: &Entry, created: i64, manifest: &[u8]) -> Vec<u8> {
    let parts = [entry.key.0.as_bytes(), &created.to_le_bytes()[..], manifest];
    [manifest, &Checksum::of_all(&parts).0.to_le_bytes()].concat()
}

/// The checksum that the store keeps over what decides about an entry.
fn checksum(
    entry: &Entry,
    created: i64,
    condition: &[u8],
    body: &Body,
    outputs: Option<&[u8]>,
) -> [u8; 16] {
    let elapsed = i64::try_from(entry.elapsed.as_millis()).expect("short");
    let mut checksum = Checksummer::default();
    checksum.update(entry.key.0.as_bytes());
    checksum.update(&[u8::try_from(condition.len()).expect("short")]);
    checksum.update(condition);
    checksum.update(&[entry.exit.status()]);
    checksum.update(&created.to_le_bytes());
    checksum.update(&elapsed.to_le_bytes());
    checksum.update(&body.output.to_le_bytes());
    checksum.update(&body.length.to_le_bytes());
    checksum.update(&body.checksum.0.to_le_bytes());
    if let Some(outputs) = outputs {
        checksum.update(&Checksum::of(outputs).0.to_le_bytes());
    }
    checksum.finish().0.to_le_bytes()
}
