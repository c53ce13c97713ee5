//! Many processes at once: none ever reports that the store is busy.

use super::harness::{Sandbox, Texts, set_mode};
use std::fs::{self, File};
use std::process::Output;

/// The first format of the database.
const FIRST_FORMAT: &str = "
    -- What --max-entries counts and clear forgets: a command over all contents of its script.
    CREATE TABLE command (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        name BLOB NOT NULL,                 -- key::CommandName
        UNIQUE (name, scope)
    );
    -- A recording (exit, created, elapsed, body) under its key and the condition that must hold.
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        condition BLOB NOT NULL,            -- codec::condition
        command INTEGER NOT NULL REFERENCES command (id),
        exit INTEGER NOT NULL,
        created INTEGER NOT NULL,           -- milliseconds since the epoch, the end of the run
        elapsed INTEGER NOT NULL,           -- milliseconds
        lifetime INTEGER,                   -- milliseconds, as asked when stored; NULL: for ever
        used INTEGER NOT NULL,              -- milliseconds since the epoch
        hits INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL,            -- bytes of output
        length INTEGER NOT NULL,            -- bytes of frames
        seal BLOB NOT NULL,                 -- codec::seal
        arguments BLOB NOT NULL,            -- what follows the command's name
        words BLOB NOT NULL,                -- the command line
        directory BLOB,                     -- NULL: does not count
        body BLOB,                          -- the frames; NULL: in blocks
        UNIQUE (key, condition)
    );
    CREATE INDEX entry_by_command ON entry (command, created);
    CREATE INDEX entry_by_use ON entry (used);
    -- The frames of a long output: the ids are those of codec::block_ids.
    CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    -- Digests of large files, to be believed under the same stamp only.
    CREATE TABLE file_digest (
        path BLOB PRIMARY KEY,
        stamp BLOB NOT NULL,
        digest BLOB NOT NULL,
        learned INTEGER NOT NULL
    ) WITHOUT ROWID;
";

/// A sandbox whose command prints its arguments and 40,000 zeros.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo gate").gives("");
    sandbox.script("s.sh", "printf \"$* %040000d\\n\" 0");
    sandbox
}

fn printed(words: &str) -> String {
    format!("{words} {}\n", "0".repeat(40_000))
}

/// Makes an empty store in the first format.
fn make_first_format(sandbox: &Sandbox) {
    fs::create_dir(sandbox.store_dir()).expect("made");
    set_mode(sandbox.store_dir(), 0o700);
    let database = sandbox.connection();
    database
        .execute_batch(&format!(
            "PRAGMA auto_vacuum = INCREMENTAL; {FIRST_FORMAT};
             PRAGMA user_version = 1; PRAGMA application_id = 0x63780001"
        ))
        .expect("made");
    drop(database);
    set_mode(sandbox.database(), 0o600);
}

/// Runs these scripts in processes that start together.
fn at_once(sandbox: &Sandbox, scripts: &[String]) -> Vec<Output> {
    let start = |script: &String| {
        let call = sandbox.sh(&format!(": < gate; {script}"));
        std::thread::spawn(|| call.output())
    };
    let running: Vec<_> = scripts.iter().map(start).collect();
    // Open both ends, so that late processes find the gate open.
    let gate = File::options().read(true).write(true).open(sandbox.dir.join("gate"));
    let outputs = running.into_iter().map(|thread| thread.join().expect("ended")).collect();
    drop(gate.expect("opened"));
    outputs
}

/// Forty calls of ten keys at once: all are right and silent, and each key runs once.
#[track_caller]
fn forty_calls_are_right(sandbox: &Sandbox) {
    let key = |number: usize| number % 10;
    let scripts: Vec<_> = (0..40).map(|n| format!("exec cachex ./s.sh {}", key(n))).collect();
    for (number, output) in at_once(sandbox, &scripts).into_iter().enumerate() {
        assert_eq!(output.stderr_text(), "");
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == printed(&key(number).to_string()).as_bytes());
    }
    assert_eq!(sandbox.runs(), 10);
    for number in 0..10 {
        sandbox.cachex(&format!("./s.sh {number}")).gives(printed(&number.to_string()));
    }
    assert_eq!(sandbox.runs(), 10);
}

#[test]
fn forty_processes_create_the_store() {
    forty_calls_are_right(&sandbox());
}

#[test]
fn forty_processes_migrate_the_store() {
    let sandbox = sandbox();
    make_first_format(&sandbox);
    forty_calls_are_right(&sandbox);
}

/// Calls that store, hit, evict, list and clear, four times each.
#[test]
fn forty_processes_fill_evict_list_and_clear() {
    for old in [false, true] {
        let sandbox = sandbox();
        if old {
            make_first_format(&sandbox);
        }
        let script = |number: usize| {
            let call = match number % 10 {
                0..4 => format!("cachex --max-size 500kB ./s.sh {number} $i"),
                4 => format!("cachex --max-entries 3 ./s.sh {number} $i"),
                5 => format!("cachex --refresh ./s.sh {number} $i"),
                6 | 7 => "cachex ./s.sh same $i".to_owned(),
                8 => "cachex list | grep -q '^ID '".to_owned(),
                _ => "cachex clear | grep -q '^removed '".to_owned(),
            };
            format!("for i in 1 2 3 4; do {call} || exit; done")
        };
        let scripts: Vec<_> = (0..40).map(script).collect();
        for (number, output) in at_once(&sandbox, &scripts).into_iter().enumerate() {
            assert_eq!(output.stderr_text(), "", "{}", scripts[number]);
            assert_eq!(output.status.code(), Some(0), "{}", scripts[number]);
            let expected: String = match number % 10 {
                6 | 7 => (1..=4).map(|i| printed(&format!("same {i}"))).collect(),
                8 | 9 => String::new(),
                _ => (1..=4).map(|i| printed(&format!("{number} {i}"))).collect(),
            };
            assert!(output.stdout == expected.as_bytes(), "{}", scripts[number]);
        }
    }
}

#[test]
fn forty_processes_heal_a_damaged_store() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh before").gives(printed("before"));
    let mut bytes = fs::read(sandbox.database()).expect("readable");
    bytes[2048..].fill(0x5a);
    fs::write(sandbox.database(), bytes).expect("written");
    let scripts: Vec<_> = (0..40).map(|number| format!("exec cachex ./s.sh {number}")).collect();
    for (number, output) in at_once(&sandbox, &scripts).into_iter().enumerate() {
        let stderr = output.stderr_text();
        assert!(stderr.lines().count() <= 1, "{stderr}");
        assert!(stderr.is_empty() || stderr.starts_with("cachex: warning: "), "{stderr}");
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout == printed(&number.to_string()).as_bytes());
    }
    for _ in 0..2 {
        sandbox.cachex("./s.sh after").gives(printed("after"));
    }
    assert_eq!(sandbox.runs(), 42);
}
