//! `stats`: hits, misses and time saved.

use super::harness::{Sandbox, Texts};
use serde_json::{Value, json};

fn stats(sandbox: &Sandbox) -> Value {
    serde_json::from_slice(&sandbox.cachex("stats --json").output().stdout).expect("JSON")
}

/// Hits and misses of each command, by the last word of its name.
fn counts(sandbox: &Sandbox) -> Vec<(String, u64, u64)> {
    let stats = stats(sandbox);
    let commands = stats["commands"].as_array().expect("commands").iter();
    commands
        .map(|command| {
            let words = command["command"].as_array().expect("words");
            let path = words.last().and_then(Value::as_str).expect("a word");
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            let number = |field: &str| command[field].as_u64().expect("a number");
            (name, number("hits"), number("misses"))
        })
        .collect()
}

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

#[test]
fn hits_and_misses_are_counted_in_total_and_per_command() {
    let sandbox = sandbox();
    sandbox.cachex("echo once").gives("once\n");
    for _ in 0..3 {
        sandbox.cachex("./s.sh a").gives("hi\n");
    }
    sandbox.cachex("--scope other ./s.sh b").gives("hi\n");
    let found = stats(&sandbox);
    let fields: Vec<_> = found.as_object().expect("an object").keys().cloned().collect();
    let of_all = ["entries", "hit_rate", "hits", "misses", "output_bytes", "saved"];
    assert_eq!(fields, [&["commands", "disk_bytes"], &of_all[..]].concat());
    let fields: Vec<_> = found["commands"][0].as_object().expect("one").keys().cloned().collect();
    assert_eq!(fields, [&["command"], &of_all[..]].concat());
    assert_eq!((&found["entries"], &found["output_bytes"]), (&3.into(), &11.into()));
    assert_eq!((&found["hits"], &found["misses"]), (&2.into(), &3.into()));
    assert_eq!(found["hit_rate"], json!(0.4));
    let size = std::fs::metadata(sandbox.database()).expect("there").len();
    assert_eq!(found["disk_bytes"], json!(size));
    assert_eq!(counts(&sandbox), [("s.sh".to_owned(), 2, 2), ("echo".to_owned(), 0, 1)]);
}

#[test]
fn the_time_saved_is_the_run_time_of_replayed_entries() {
    let sandbox = Sandbox::new();
    sandbox.script("slow.sh", "sleep 0.3");
    for _ in 0..3 {
        sandbox.cachex("./slow.sh").gives("");
    }
    let saved = stats(&sandbox)["saved"].as_f64().expect("a number");
    assert!((0.6..5.0).contains(&saved), "{saved}");
}

#[test]
fn a_run_that_stored_nothing_is_not_counted() {
    let sandbox = sandbox();
    sandbox.cachex("--no-store ./s.sh").gives("hi\n");
    sandbox.cachex("--discard-failures false").ends("", "", 1);
    sandbox.cachex("--max-size 1 ./s.sh").output();
    assert_eq!(counts(&sandbox), []);
    assert_eq!(stats(&sandbox)["hit_rate"], Value::Null);
}

#[test]
fn totals_survive_replacement_and_eviction() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("--refresh ./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(counts(&sandbox), [("s.sh".to_owned(), 2, 2)]);
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.script("t.sh", "head -c 60000 /dev/zero");
    // The fill that evicts the entry also folds in the last hit.
    sandbox.cachex("--max-size 150kB ./t.sh").output();
    sandbox.cachex("--max-size 150kB ./t.sh b").output();
    assert!(sandbox.cachex("list -- ./s.sh").output().stdout.starts_with(b"ID"));
    assert_eq!(stats(&sandbox)["entries"], json!(1));
    assert_eq!(counts(&sandbox)[0], ("s.sh".to_owned(), 3, 2));
    sandbox.cachex("clear --expired").gives("removed nothing\n");
    assert_eq!(counts(&sandbox)[0], ("s.sh".to_owned(), 3, 2));
}

#[test]
fn clearing_a_whole_command_removes_its_totals() {
    let sandbox = sandbox();
    for (clear, kept) in [
        ("clear -- ./s.sh a", true),
        ("clear --exact -- ./s.sh", true),
        ("clear --prefix -- ./s.sh a", true),
        ("clear --older-than 0 -- ./s.sh", true),
        ("clear --expired", true),
        ("clear --scope other", true),
        ("clear --dry-run", true),
        ("clear -- ./s.sh", false),
        ("clear --prefix -- ./s.sh", false),
        ("clear --scope=", false),
        ("clear", false),
    ] {
        sandbox.cachex("./s.sh a").gives("hi\n");
        sandbox.cachex("./s.sh a").gives("hi\n");
        sandbox.cachex(clear).output();
        assert_eq!(!counts(&sandbox).is_empty(), kept, "{clear}");
        if !kept {
            assert_eq!(stats(&sandbox)["hits"], json!(0), "{clear}");
        }
        sandbox.cachex("clear").output();
    }
}

/// A store with more commands without entries than it keeps.
fn with_too_many_idle() -> (Sandbox, rusqlite::Connection) {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a").gives("hi\n");
    let database = sandbox.connection();
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)
                INSERT INTO command (scope, name, hits, misses, saved, used, idle)
                SELECT '', CAST(i AS BLOB), 1, 0, 0, i, 1 FROM n";
    database.execute(many, []).expect("inserted");
    (sandbox, database)
}

/// The number of commands without entries, and the earliest use of one.
fn idle(database: &rusqlite::Connection) -> (i64, i64) {
    let row = "SELECT count(*), min(used) FROM command WHERE idle = 1";
    database.query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("counted")
}

#[test]
fn the_most_recently_used_commands_without_entries_are_kept() {
    let (sandbox, database) = with_too_many_idle();
    // The store removes them when the id of a new entry is a multiple of 64.
    database.execute("UPDATE entry SET id = 63", []).expect("renumbered");
    sandbox.cachex("./s.sh b").gives("hi\n");
    assert_eq!(idle(&database), (10_000, 6));
    assert_eq!(stats(&sandbox)["misses"], json!(2));
}

#[test]
fn commands_without_entries_are_removed_whatever_is_stored() {
    let (sandbox, database) = with_too_many_idle();
    // The sum of id and runs stays odd here, so a check of the sum would miss every multiple of 64.
    database.execute("UPDATE entry SET id = 2", []).expect("renumbered");
    for number in 0..64 {
        sandbox.cachex(&format!("./s.sh {number}")).gives("hi\n");
    }
    assert_eq!(idle(&database).0, 10_000, "new entries");
    let (sandbox, database) = with_too_many_idle();
    for _ in 0..64 {
        sandbox.cachex("--refresh ./s.sh a").gives("hi\n");
    }
    assert_eq!(idle(&database).0, 10_000, "the same entry");
    let (sandbox, database) = with_too_many_idle();
    for number in 0..64 {
        database.execute("DELETE FROM entry", []).expect("deleted");
        sandbox.cachex(&format!("--scope {number} ./s.sh")).gives("hi\n");
    }
    assert_eq!(idle(&database).0, 10_000, "new commands");
}

#[test]
fn a_command_is_idle_only_while_it_has_no_entries() {
    let sandbox = sandbox();
    let idle = || {
        let database = sandbox.connection();
        let count = "SELECT count(*) FROM command WHERE idle = 1";
        database.query_row(count, [], |row| row.get::<_, i64>(0)).expect("counted")
    };
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("--refresh ./s.sh").gives("hi\n");
    sandbox.cachex("--max-entries 1 ./s.sh a").gives("hi\n");
    assert_eq!(idle(), 0);
    sandbox.cachex("clear -- ./s.sh a").gives("removed 1 entry (3B)\n");
    assert_eq!(idle(), 1);
    sandbox.cachex("./s.sh a").gives("hi\n");
    assert_eq!(idle(), 0);
    assert_eq!(counts(&sandbox), [("s.sh".to_owned(), 0, 4)]);
}

#[test]
fn concurrent_callers_lose_no_count() {
    let sandbox = sandbox();
    sandbox.in_background("./s.sh a").gives("hi\n");
    // First hits, then misses: a hit during a fold may be lost by design.
    for argument in ["a", "$i"] {
        let script = format!("for i in 1 2 3 4 5 6 7 8; do cachex ./s.sh {argument} & done; wait");
        sandbox.sh(&script).gives("hi\n".repeat(8));
    }
    assert_eq!(counts(&sandbox), [("s.sh".to_owned(), 8, 9)]);
}

#[test]
fn a_store_of_an_older_format_keeps_its_counts() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("list").output();
    let database = sandbox.connection();
    database
        .execute_batch(
            "DROP TRIGGER shape_left; DROP INDEX entry_by_shape; ALTER TABLE entry DROP COLUMN inputs;
             ALTER TABLE entry DROP COLUMN ignored; DROP TABLE note; DROP TABLE object;
             CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
             CREATE TABLE secret (bytes BLOB NOT NULL); INSERT INTO secret VALUES (x'00');
             CREATE TABLE file_digest (path BLOB PRIMARY KEY, stamp BLOB NOT NULL,
                digest BLOB NOT NULL, learned INTEGER NOT NULL) WITHOUT ROWID;
             ALTER TABLE command DROP COLUMN hits; ALTER TABLE command DROP COLUMN misses;
             ALTER TABLE command DROP COLUMN saved; ALTER TABLE command DROP COLUMN used;
             ALTER TABLE command DROP COLUMN idle;
             CREATE TABLE clearing (id INTEGER PRIMARY KEY AUTOINCREMENT, name BLOB, arguments BLOB);
             UPDATE entry SET elapsed = 1500;
             PRAGMA user_version = 4; PRAGMA application_id = 0x63780004",
        )
        .expect("made older");
    drop(database);
    assert_eq!(counts(&sandbox), [("s.sh".to_owned(), 1, 1)]);
    assert_eq!(stats(&sandbox)["saved"], json!(1.5));
}

#[test]
fn json_of_many_commands_is_one_object() {
    let sandbox = sandbox();
    assert_eq!(stats(&sandbox)["commands"], json!([]));
    sandbox.cachex("./s.sh").gives("hi\n");
    // Names of equal length. Commands are read and printed by the thousand.
    sandbox.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
         INSERT INTO command (scope, name, hits, misses, saved, used, idle)
         SELECT '', CAST(replace(CAST(name AS TEXT), 's.sh', printf('%04d', i)) AS BLOB), 0, 1, 0, i, 1
         FROM n, command",
    );
    assert_eq!(stats(&sandbox)["misses"], json!(4501));
    let counts = counts(&sandbox);
    let mut expected: Vec<_> = (1..=4500).map(|i| (format!("{i:04}"), 0, 1)).collect();
    expected.push(("s.sh".to_owned(), 0, 1));
    assert_eq!(counts, expected);
}

#[test]
fn a_pipe_gets_plain_columns() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a").gives("hi\n");
    sandbox.cachex("./s.sh a").gives("hi\n");
    sandbox.cachex_words(["sh", "-c", "echo"]).gives("\n");
    let shown = sandbox.cachex("stats").output().stdout_text();
    let lines: Vec<Vec<&str>> =
        shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["entries", "2"]);
    assert!(shown.contains("\nhit rate  33%\n"), "{shown}");
    let heading = ["HITS", "MISSES", "RATE", "SAVED", "ENTRIES", "SIZE", "COMMAND"];
    let at = lines.iter().position(|line| *line == heading).expect("headings");
    assert_eq!(lines[at + 1][..3], ["1", "1", "50%"]);
    assert!(lines[at + 1][6].ends_with("/s.sh"), "{shown}");
    assert!(!shown.contains(['█', '\u{1b}']), "{shown}");
}

#[test]
fn no_command_can_break_the_markdown_table() {
    let sandbox = Sandbox::new();
    let script = sandbox.script("plain.sh", "echo hi");
    std::fs::rename(script, sandbox.dir.join("a|b`c\u{1b}.sh")).expect("renamed");
    sandbox.cachex("./a|b`c\u{1b}.sh").gives("hi\n");
    let shown = String::from_utf8(sandbox.cachex("stats --markdown").output().stdout);
    let shown = shown.expect("UTF-8");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "| command | hits | misses | hit rate | time saved | entries | output |");
    assert_eq!(lines[1], "|---|--:|--:|--:|--:|--:|--:|");
    assert!(lines[2].starts_with("| ``$'/") && lines[2].contains(r"a\|b`c\x1b.sh"), "{shown}");
    assert!(lines[2].contains("sh'`` | 0 | 1 | 0% | 0ms | 1 | 3B |"), "{shown}");
    assert!(lines[3].starts_with("| **all** | 0 | 1 | 0% |"), "{shown}");
    sandbox.cachex("stats --markdown --json").tells("", 2);
}

#[test]
fn a_hit_does_not_write_to_the_database() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let before = std::fs::read(sandbox.database()).expect("readable");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert!(std::fs::read(sandbox.database()).expect("readable") == before);
    assert_eq!(stats(&sandbox)["hits"], json!(1));
}

#[test]
fn hits_alone_do_not_fill_the_disk() {
    let sandbox = sandbox();
    let uses = sandbox.store_dir().join("uses");
    let hit = || {
        sandbox.cachex("./s.sh").gives("hi\n");
        std::fs::metadata(&uses).expect("there").len()
    };
    sandbox.cachex("./s.sh").gives("hi\n");
    let record = hit();
    let long = std::fs::OpenOptions::new().append(true).open(&uses).expect("opened");
    long.set_len(4_000_000).expect("set");
    assert_eq!(hit(), 4_000_000);
    assert_eq!(sandbox.runs(), 1);
    assert_eq!(stats(&sandbox)["hits"], json!(1));
    assert_eq!(hit(), record);
    assert_eq!(stats(&sandbox)["hits"], json!(2));
}

#[test]
fn only_the_beginning_of_an_endless_uses_file_is_read() {
    let sandbox = sandbox();
    let uses = sandbox.store_dir().join("uses");
    for verb in ["stats", "list", "prune", "clear --expired", "echo x"] {
        sandbox.cachex("./s.sh").gives("hi\n");
        sandbox.cachex("./s.sh").gives("hi\n");
        let record = std::fs::read(&uses).expect("readable");
        let file = std::fs::OpenOptions::new().write(true).open(&uses).expect("opened");
        std::os::unix::fs::FileExt::write_all_at(&file, &record, 5 << 30).expect("written");
        assert_eq!(sandbox.cachex(verb).output().status.code(), Some(0), "{verb}");
        assert!(!uses.exists(), "{verb}");
        assert_eq!(counts(&sandbox)[0], ("s.sh".to_owned(), 1, 1), "{verb}");
        sandbox.cachex("clear").output();
    }
}

#[test]
fn a_non_file_in_place_of_uses_is_left_alone() {
    for name in ["uses", "uses.folding"] {
        for kind in ["mkdir", "mkfifo", "ln -s /dev/zero"] {
            let sandbox = sandbox();
            sandbox.cachex("echo x").gives("x\n");
            sandbox.sh(&format!("{kind} ../store/{name}")).gives("");
            for _ in 0..3 {
                sandbox.cachex("./s.sh").gives("hi\n");
            }
            sandbox.cachex("prune").gives("removed nothing\n");
            assert_eq!(sandbox.runs(), 1, "{kind} {name}");
            let hits = if name == "uses" || kind == "mkdir" { 0 } else { 2 };
            assert_eq!(stats(&sandbox)["hits"], json!(hits), "{kind} {name}");
        }
    }
}
