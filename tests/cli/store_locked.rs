//! A lock of the store that another process keeps costs a call a bounded time, and never the command's result.

use super::harness::{Sandbox, Texts};
use std::time::{Duration, Instant};

fn sandbox() -> Sandbox {
    Sandbox::with_script("cat; echo hi")
}

#[test]
fn a_locked_database_is_waited_for_and_then_skipped() {
    let sandbox = sandbox();
    sandbox.cachex("echo x").gives("x\n");
    let database = sandbox.connection();
    database.execute_batch("BEGIN EXCLUSIVE").expect("held");
    sandbox.cachex("./s.sh").warns("hi\n", "the store is busy");
}

/// The total time that a call may take while another process keeps the lock of the store.
const COST_OF_A_KEPT_LOCK: Duration = Duration::from_millis(3500);

#[test]
fn a_kept_lock_costs_a_call_about_two_seconds() {
    // The tree has so many files that its digest is looked up, which happens before entries are looked up.
    let call = "--file tree ./s.sh";
    for (lock, runs) in [("BEGIN EXCLUSIVE", 2), ("BEGIN IMMEDIATE", 1)] {
        let sandbox = sandbox();
        sandbox
            .sh("mkdir tree; touch $(seq -f tree/%g 20); touch -d '1 hour ago' tree tree/*")
            .gives("");
        sandbox.cachex(call).gives("hi\n");
        let database = sandbox.connection();
        database.execute_batch(lock).expect("held");
        let begun = Instant::now();
        let told = sandbox.cachex(call).tells("hi\n", 0);
        assert!(begun.elapsed() < COST_OF_A_KEPT_LOCK, "{lock}: {:?}", begun.elapsed());
        assert_eq!(told.contains("the store is busy"), runs == 2, "{lock}: {told}");
        assert_eq!((told.lines().count(), sandbox.runs()), (runs - 1, runs), "{lock}: {told}");
    }
}

#[test]
fn a_miss_of_long_output_waits_for_a_kept_lock_once() {
    let sandbox = Sandbox::with_script("seq 300000");
    sandbox.cachex("echo x").gives("x\n");
    let database = sandbox.connection();
    for lock in ["BEGIN; SELECT count(*) FROM entry", "BEGIN IMMEDIATE"] {
        database.execute_batch(lock).expect("held");
        let begun = Instant::now();
        let output = sandbox.cachex("./s.sh").output();
        assert!(begun.elapsed() < COST_OF_A_KEPT_LOCK, "{lock}: {:?}", begun.elapsed());
        let told = output.stderr_text();
        assert!(told.contains("the store is busy") && told.lines().count() == 1, "{lock}: {told}");
        database.execute_batch("ROLLBACK").expect("released");
    }
}

#[test]
fn a_lock_that_writers_pass_on_is_waited_for() {
    let sandbox = sandbox();
    sandbox.cachex("echo x").gives("x\n");
    let database = sandbox.connection();
    let writer = std::thread::spawn(move || {
        for _ in 0..6 {
            database.execute_batch("BEGIN IMMEDIATE; UPDATE note SET at = at + 1").expect("begun");
            std::thread::sleep(Duration::from_millis(600));
            database.execute_batch("COMMIT").expect("committed");
        }
    });
    sandbox.cachex("./s.sh").gives("hi\n");
    writer.join().expect("ended");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}
