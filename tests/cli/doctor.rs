//! `doctor` finds faults of a store and changes nothing.

use super::harness::{Sandbox, Texts, set_mode};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::SystemTime;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo hi").gives("hi\n");
    sandbox.cachex("seq 200000").output();
    sandbox
}

/// Every file of the store with its mode, date and content.
fn state(sandbox: &Sandbox) -> BTreeMap<String, (u32, SystemTime, Option<Vec<u8>>)> {
    let Ok(files) = fs::read_dir(sandbox.store_dir()) else {
        return BTreeMap::new();
    };
    files
        .chain(fs::read_dir(sandbox.store_dir().join("objects")).into_iter().flatten())
        .map(|file| {
            let file = file.expect("readable");
            let found = file.metadata().expect("there");
            let content = found.is_file().then(|| fs::read(file.path()).expect("readable"));
            let name = file.file_name().into_string().expect("UTF-8");
            (name, (found.mode(), found.modified().expect("a date"), content))
        })
        .collect()
}

/// The state and text of each finding. Expects that doctor changes nothing.
#[track_caller]
fn findings(sandbox: &Sandbox) -> BTreeMap<String, (String, String)> {
    let before = state(sandbox);
    let output = sandbox.cachex("doctor").output();
    assert!(state(sandbox) == before, "the store was changed");
    assert_eq!(output.stderr_text(), "");
    let shown = output.stdout_text();
    let has_problem = shown.lines().any(|line| line.starts_with("problem"));
    assert_eq!(output.status.code(), Some(i32::from(has_problem)), "{shown}");
    shown
        .lines()
        .map(|line| {
            let (state, rest) = line.split_once(' ').expect("a state");
            let (subject, text) = rest.trim_start().split_once(' ').expect("a subject");
            (subject.to_owned(), (state.to_owned(), text.trim_start().to_owned()))
        })
        .collect()
}

#[track_caller]
fn finds(sandbox: &Sandbox, subject: &str, state: &str, part: &str) {
    let findings = findings(sandbox);
    let found = &findings[subject];
    assert!(found.0 == state && found.1.contains(part), "{findings:?}");
}

#[test]
fn a_sound_store_is_ok() {
    let sandbox = sandbox();
    let findings = findings(&sandbox);
    let subjects: Vec<_> = findings.keys().map(String::as_str).collect();
    let expected = [
        "claims",
        "database",
        "directory",
        "entries",
        "files",
        "format",
        "leftovers",
        "objects",
        "space",
        "tracing",
    ];
    assert_eq!(subjects, expected);
    assert!(findings.values().all(|(state, _)| state == "ok"), "{findings:?}");
    assert_eq!(findings["entries"].1, "2, all intact");
}

#[test]
fn a_missing_store_is_not_created() {
    let sandbox = Sandbox::new();
    finds(&sandbox, "directory", "ok", "not there yet");
    assert!(!sandbox.store_dir().exists());
    fs::create_dir(sandbox.store_dir()).expect("made");
    set_mode(sandbox.store_dir(), 0o700);
    finds(&sandbox, "format", "ok", "no database yet");
    fs::remove_dir(sandbox.store_dir()).expect("removed");
    fs::write(sandbox.store_dir(), "a file").expect("written");
    let shown = sandbox.cachex("doctor").output();
    assert_eq!(shown.status.code(), Some(1));
    assert!(shown.stdout_text().contains("is not a directory"));
}

#[test]
fn modes_that_are_too_open_are_found() {
    let sandbox = sandbox();
    let set = |path: &std::path::Path, mode| {
        set_mode(path, mode);
    };
    set(&sandbox.store_dir(), 0o755);
    finds(&sandbox, "directory", "warning", "chmod 700");
    set(&sandbox.store_dir(), 0o770);
    finds(&sandbox, "directory", "problem", "chmod go-w");
    set(&sandbox.store_dir(), 0o700);
    set(&sandbox.store_dir().join("claims"), 0o644);
    finds(&sandbox, "files", "warning", "claims: is open to others; chmod 600");
    set(&sandbox.database(), 0o666);
    finds(&sandbox, "files", "problem", "cachex.db: can be written by others");
}

#[test]
fn objects_that_are_open_to_others_or_belong_to_no_entry_are_found() {
    let sandbox = sandbox();
    let object = sandbox.object();
    finds(&sandbox, "objects", "ok", "1.3MB");
    set_mode(&object, 0o644);
    finds(&sandbox, "objects", "warning", "is open to others; chmod 600");
    set_mode(&object, 0o600);
    let directory = object.parent().expect("a directory");
    set_mode(directory, 0o750);
    finds(&sandbox, "objects", "warning", "chmod 700");
    set_mode(directory, 0o700);
    fs::write(directory.join("0".repeat(64)), "0123456789").expect("written");
    set_mode(directory.join("0".repeat(64)), 0o600);
    finds(&sandbox, "objects", "warning", "1 (10B) belong to no entry; cachex prune removes them");
    sandbox.cachex("prune").gives("removed nothing\n");
    finds(&sandbox, "objects", "ok", "1.3MB");
}

#[test]
fn damaged_entries_are_counted() {
    let sandbox = sandbox();
    let object = sandbox.object();
    let file = fs::OpenOptions::new().write(true).open(object).expect("opened");
    file.write_all_at(b"x", 100_000).expect("damaged");
    finds(&sandbox, "entries", "problem", "1 of 2 are damaged");
    sandbox.sql("UPDATE entry SET exit = 1");
    finds(&sandbox, "entries", "problem", "2 of 2 are damaged");
    sandbox.sql("UPDATE entry SET key = CAST(id AS BLOB)");
    finds(&sandbox, "entries", "problem", "2 of 2 are damaged");
}

#[test]
fn a_damaged_database_and_one_set_aside_are_found() {
    let sandbox = sandbox();
    let bytes = fs::read(sandbox.database()).expect("readable");
    let mut damaged = bytes.clone();
    damaged[4096..40960].fill(0x5a);
    fs::write(sandbox.database(), damaged).expect("written");
    finds(&sandbox, "database", "problem", "starts a new store");
    fs::write(sandbox.database(), "garbage ".repeat(1000)).expect("written");
    finds(&sandbox, "format", "problem", "starts a new store");
    sandbox.cachex("-q echo hi").gives("hi\n");
    finds(&sandbox, "leftovers", "warning", "cachex.db.damaged was set aside");
    fs::write(sandbox.database(), &bytes).expect("written");
    sandbox.sql("ALTER TABLE entry RENAME COLUMN hits TO uses");
    finds(&sandbox, "database", "problem", "altered");
    sandbox.sql("ALTER TABLE entry RENAME COLUMN uses TO hits");
    finds(&sandbox, "database", "ok", "passes");
    sandbox.sql("UPDATE note SET kind = -1 WHERE kind = 0");
    finds(&sandbox, "database", "problem", "altered");
    sandbox.sql("INSERT INTO note VALUES (0, x'', 0, x'00')");
    finds(&sandbox, "database", "problem", "a note does not match its checksum");
    sandbox.sql("DELETE FROM note WHERE kind = 0; UPDATE note SET kind = 0 WHERE kind = -1");
    finds(&sandbox, "database", "ok", "passes");
    sandbox.cachex("-q seq 200000").output();
    sandbox.cachex("-q seq 200000").output();
    sandbox.sql("ALTER TABLE object RENAME COLUMN size TO length");
    finds(&sandbox, "database", "problem", "altered");
    sandbox.sql("ALTER TABLE object RENAME COLUMN length TO size");
    finds(&sandbox, "entries", "ok", "2, all intact");
    fs::write(sandbox.object(), "garbage ".repeat(1000)).expect("written");
    finds(&sandbox, "entries", "problem", "1 of 2 are damaged");
}

#[test]
fn a_file_in_place_of_the_objects_is_to_be_moved_away() {
    let sandbox = sandbox();
    let objects = sandbox.store_dir().join("objects");
    fs::remove_dir_all(&objects).expect("removed");
    for mode in [0o644, 0o600] {
        fs::write(&objects, "").expect("written");
        set_mode(&objects, mode);
        for subject in ["files", "objects"] {
            finds(&sandbox, subject, "problem", "is not a directory; move it away");
        }
        let told = sandbox.cachex("seq 200001").output().stderr_text();
        assert!(told.contains("objects: is not a directory; move it away"), "{told}");
        fs::remove_file(&objects).expect("removed");
    }
}

#[test]
fn other_formats_are_reported() {
    let sandbox = sandbox();
    sandbox.sql("PRAGMA user_version = 1; PRAGMA application_id = 0x63780001");
    finds(&sandbox, "format", "ok", "older");
    assert!(!findings(&sandbox).contains_key("entries"));
    sandbox.sql("PRAGMA user_version = 999; PRAGMA application_id = 0x637803e7");
    finds(&sandbox, "format", "problem", "written by a newer cachex");
    sandbox.sql("CREATE TABLE theirs (x); PRAGMA application_id = 7");
    finds(&sandbox, "format", "problem", "another program");
}

#[test]
fn an_interrupted_write_is_reported_and_left_to_the_next_run() {
    for change in [
        "UPDATE entry SET used = 0, words = zeroblob(200000)",
        "UPDATE object SET digest = zeroblob(200000)",
    ] {
        let sandbox = sandbox();
        let path = sandbox.database();
        let database = rusqlite::Connection::open(&path).expect("opened");
        // A small cache writes pages before the transaction ends.
        database.pragma_update(None, "cache_size", 1).expect("set");
        database.execute_batch(&format!("BEGIN; {change}")).expect("begun");
        let journal = path.with_extension("db-journal");
        let (half, journaled) =
            (fs::read(&path).expect("there"), fs::read(&journal).expect("there"));
        drop(database);
        fs::write(&path, half).expect("written");
        fs::write(&journal, journaled).expect("written");
        set_mode(&journal, 0o600);
        finds(&sandbox, "format", "warning", "interrupted");
        sandbox.cachex("echo hi").gives("hi\n");
        sandbox.cachex("--only-if-cached seq 200000").output();
        finds(&sandbox, "entries", "ok", "2, all intact");
    }
}

#[test]
fn claims_that_cannot_be_locked_are_reported() {
    let sandbox = sandbox();
    let claims = sandbox.store_dir().join("claims");
    fs::remove_file(&claims).expect("removed");
    finds(&sandbox, "claims", "ok", "not there yet");
    std::os::unix::fs::symlink("/dev/null", &claims).expect("linked");
    finds(&sandbox, "claims", "warning", "cannot be locked");
}
