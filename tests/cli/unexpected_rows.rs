//! Valid databases with rows that cachex never writes: the call works, or begins a new store.

use super::harness::{Sandbox, Texts};

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

/// Runs a statement that changes this many rows of the store.
#[track_caller]
fn change(sandbox: &Sandbox, sql: &str, rows: usize) {
    let database = sandbox.connection();
    assert_eq!(database.execute(sql, []).expect("changed"), rows);
}

#[test]
fn a_value_of_the_wrong_type_is_damage() {
    for damage in [
        "UPDATE entry SET created = 'then'",
        "UPDATE entry SET output = 'much'",
        "UPDATE entry SET body = 'text'",
        "UPDATE command SET scope = x'ff'",
        "UPDATE command SET scope = CAST(x'ff' AS TEXT)",
        "UPDATE note SET at = 'then' WHERE kind = 0",
    ] {
        for healer in ["list", "clear", "--refresh ./s.sh"] {
            let sandbox = sandbox();
            sandbox.cachex("clear").output();
            sandbox.cachex("./s.sh").gives("hi\n");
            change(&sandbox, damage, 1);
            for words in [healer, "list", "./s.sh", "-v ./s.sh", "clear"] {
                let output = sandbox.cachex(words).output();
                assert_eq!(output.status.code(), Some(0), "{damage}: {words}");
                let told = output.stderr_text();
                assert!(!words.starts_with("-v") || told.contains("hit"), "{damage}: {told}");
            }
        }
    }
}

#[test]
fn sums_of_huge_numbers_do_not_overflow() {
    let sandbox = sandbox();
    for column in ["output", "length", "elapsed", "hits"] {
        sandbox.cachex("clear").output();
        for word in 1..=3 {
            sandbox.cachex(&format!("./s.sh {word}")).gives("hi\n");
        }
        change(&sandbox, &format!("UPDATE entry SET {column} = {}", i64::MAX), 3);
        for verb in ["list", "stats", "prune --dry-run --max-size 1", "clear --dry-run", "clear"] {
            let output = sandbox.cachex(verb).output();
            let told = output.stderr_text();
            assert_eq!(output.status.code(), Some(0), "{column}: {verb}: {told}");
        }
    }
}

#[test]
fn a_missing_secret_is_damage() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    change(&sandbox, "DELETE FROM note WHERE kind = 0", 1);
    sandbox.cachex("./s.sh 1").warns("hi\n", "the store was damaged");
    sandbox.cachex("./s.sh 1").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_note_of_a_clearing_that_was_altered_is_damage() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("clear").output();
    change(&sandbox, "UPDATE note SET value = x'00' WHERE kind = 1", 1);
    let told = sandbox.cachex("doctor").output().stdout_text();
    assert!(told.contains("a note does not match its checksum"), "{told}");
    sandbox.cachex("./s.sh 1").warns("hi\n", "the store was damaged");
    sandbox.cachex("./s.sh 1").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn output_without_an_entry_is_ignored() {
    let sandbox = Sandbox::with_script("seq $1 100000");
    sandbox.cachex("./s.sh 1").output();
    change(&sandbox, "DELETE FROM entry", 1);
    for _ in 0..2 {
        let output = sandbox.cachex("./s.sh 50000").output();
        assert!(output.stderr.is_empty(), "{}", output.stderr_text());
        assert!(output.stdout.starts_with(b"50000\n") && output.stdout.ends_with(b"\n100000\n"));
    }
    assert_eq!(sandbox.runs(), 2);
}
