//! Changes of the store during a run or a hit affect neither the result nor the store.

use super::harness::{Sandbox, Texts};
use cachex::store::{Selection, Store, StoreError};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Output, Stdio};

fn sandbox() -> Sandbox {
    Sandbox::with_script("cat; echo hi")
}

#[test]
fn a_store_migrated_during_a_run_is_left_untouched() {
    // A store that the call set up stays open during the run. One that it only read is opened again later.
    for before in ["", "cachex seq 1 2", "cachex seq 400000 > /dev/null"] {
        for changes in ["ALTER TABLE note RENAME TO remark;", ""] {
            let sandbox = sandbox();
            sandbox.sh(&format!("mkfifo begun go; {before}")).output();
            let child = sandbox.sh("exec cachex sh -c 'echo > begun; cat go'").spawn();
            fs::read(sandbox.dir.join("begun")).expect("begun");
            let database = sandbox.connection();
            let newer = "PRAGMA user_version = 999; PRAGMA application_id = 0x637803e7";
            database.execute_batch(&format!("{changes}{newer}")).expect("changed");
            let before = fs::read(sandbox.database()).expect("readable");
            sandbox.go_with("done");
            let output = child.wait_with_output().expect("ended");
            assert_eq!(output.stdout, b"done\n");
            let told = output.stderr_text();
            assert!(told.contains("written by a newer cachex (format 999); upgrade"), "{told}");
            assert_eq!(told.lines().count(), 1, "{told}");
            assert!(fs::read(sandbox.database()).expect("there") == before);
        }
    }
}

#[test]
fn a_store_set_aside_by_another_process_is_recreated() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let mut store = sandbox.store();
    fs::rename(sandbox.database(), sandbox.store_dir().join("cachex.db.damaged")).expect("moved");
    assert!(matches!(store.clear(&Selection::all()), Err(StoreError::Damaged(_))));
    assert!(Store::begin_anew(&sandbox.store_dir()).is_ok());
    sandbox.cachex("./s.sh").gives("hi\n");
}

#[test]
fn a_garbage_database_during_a_run_is_set_aside() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.sh("cd ../store && rm cachex.db && mkfifo cachex.db").gives("");
    assert!(Store::begin_anew(&sandbox.store_dir()).is_ok());
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("--only-if-cached ./s.sh").gives("hi\n");
}

#[test]
fn output_that_is_replaced_repeatedly_is_replayed_in_full() {
    let sandbox = sandbox();
    let long = sandbox.sh("seq 300000").output().stdout;
    sandbox.cachex("seq 300000").gives(&long);
    let again = "until test -e enough || ! test -e s.sh; do cachex -q --refresh seq 300000 >/dev/null; done";
    let mut call = sandbox.sh(again);
    let mut replacer = call.command.stdin(Stdio::null()).spawn().expect("started");
    for _ in 0..30 {
        sandbox.cachex("show --stdout -- seq 300000").gives(&long);
    }
    sandbox.write("enough", "");
    assert!(replacer.wait().expect("ended").success());
}

#[test]
fn switching_the_journal_mode_during_a_run_is_harmless() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo go").gives("");
    sandbox.cachex("./s.sh").gives("hi\n");
    let run = sandbox.cachex_words(["sh", "-c", "cat go"]).spawn();
    let mut pipe = fs::OpenOptions::new().write(true).open(sandbox.dir.join("go")).expect("opened");
    let database = sandbox.connection();
    let mode = database.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
    assert_eq!(mode, Ok("wal".to_owned()));
    drop(database);
    pipe.write_all(b"end\n").expect("written");
    drop(pipe);
    let output = run.wait_with_output().expect("ended");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    sandbox.cachex_words(["--only-if-cached", "sh", "-c", "cat go"]).gives("end\n");
    assert_eq!(
        fs::read_dir(sandbox.store_dir())
            .expect("listed")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().contains("damaged"))
            .count(),
        0
    );
}

#[test]
fn a_store_that_the_command_removes_is_recreated() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let call = "sh -c rm$IFS-rf$IFS$CACHEX_CACHE_DIR;echo$IFS'done'";
    sandbox.cachex(call).gives("done\n");
    sandbox.cachex(&format!("--only-if-cached {call}")).gives("done\n");
}

/// Replays this many numbers, damages the stored output once the reader has the first bytes, and returns the outcome.
fn end_when_damaged(numbers: u32, damage: fn(&Path)) -> Output {
    let sandbox = Sandbox::new();
    let words = format!("seq {numbers}");
    let expected = sandbox.program("seq", &[&numbers.to_string()]).output().stdout;
    sandbox.cachex(&words).gives(&expected);
    let mut hit = sandbox.cachex(&words).spawn();
    let mut pipe = hit.stdout.take().expect("a pipe");
    let mut shown = vec![0; 1];
    pipe.read_exact(&mut shown).expect("read");
    damage(&sandbox.object());
    pipe.read_to_end(&mut shown).expect("read");
    assert!(expected.starts_with(&shown), "{} bytes, and not the right ones", shown.len());
    let ended = hit.wait_with_output().expect("ended");
    assert!(!ended.status.success() || shown == expected);
    ended
}

fn overwrite(file: &Path) {
    let noise = b"noise".repeat(6 << 20);
    fs::OpenOptions::new()
        .write(true)
        .open(file)
        .expect("opened")
        .write_all(&noise)
        .expect("written");
}

fn empty(file: &Path) {
    fs::write(file, "").expect("emptied");
}

#[test]
fn damage_during_a_replay_ends_it_after_correct_bytes() {
    for (numbers, damage) in
        [(200_000, overwrite as fn(&Path)), (3_000_000, overwrite), (3_000_000, empty)]
    {
        let ended = end_when_damaged(numbers, damage);
        let told = ended.stderr_text();
        // cachex may already have read it to the end.
        if !ended.status.success() {
            assert!(told.starts_with("cachex: error: the output is incomplete: "), "{told}");
            assert_eq!((told.lines().count(), ended.status.code()), (1, Some(125)), "{told}");
        }
    }
}
