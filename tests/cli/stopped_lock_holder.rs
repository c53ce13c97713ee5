//! A stopped process that holds a lock of the store delays neither hits nor misses.

use super::harness::{Sandbox, Texts};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use std::env;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The SQL that the holder runs before it stops, for each lock that it can hold.
const SHARED: &str = "BEGIN; SELECT count(*) FROM entry;";
const RESERVED: &str = "BEGIN IMMEDIATE; UPDATE note SET at = at;";
const PENDING: &str = "pending";
const EXCLUSIVE: &str = "BEGIN EXCLUSIVE; UPDATE note SET at = at;";

/// The byte that SQLite locks to wait until no process reads.
const PENDING_BYTE: cachex::file_lock::ByteRange =
    cachex::file_lock::ByteRange { start: 0x4000_0000, length: 1 };

/// Less than the five seconds for which others are waited for.
const AT_ONCE: Duration = Duration::from_secs(4);

/// A stopped process of this program. It runs [`hold_a_lock_and_stop`].
struct Holder(Child);

impl Holder {
    fn new(sandbox: &Sandbox, lock: &str) -> Self {
        let test = "stopped_lock_holder::hold_a_lock_and_stop";
        let mut command = Command::new(env::current_exe().expect("known"));
        command.args(["--exact", test]).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("HOLD_LOCK", lock).env("HOLD_DATABASE", sandbox.database());
        let child = command.spawn().expect("started");
        let pid = Pid::from_child(&child);
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).expect("waited").expect("one");
        assert!(status.stopped(), "{lock}: {status:?}");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn hold_a_lock_and_stop() {
    let Ok(lock) = env::var("HOLD_LOCK") else { return };
    let path = env::var_os("HOLD_DATABASE").expect("given");
    let database = Connection::open(&path).expect("opened");
    let file = std::fs::File::options().read(true).write(true).open(&path).expect("opened");
    if lock == PENDING {
        assert!(cachex::file_lock::take(&file, PENDING_BYTE).expect("locked"));
    } else {
        database.execute_batch(&lock).expect("held");
    }
    kill_process(getpid(), Signal::STOP).expect("stopped");
    // Another thread may be the first to stop.
    std::thread::sleep(Duration::MAX);
}

/// A sandbox in which the call `./s.sh 1` is stored.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("echo hi $1");
    sandbox.cachex("./s.sh 1").gives("hi 1\n");
    sandbox
}

/// The messages of a call. Expects that it ends at once.
fn at_once(sandbox: &Sandbox, words: &str, stdout: &str, code: i32) -> String {
    let begun = Instant::now();
    let told = sandbox.cachex(words).tells(stdout, code);
    assert!(begun.elapsed() < AT_ONCE, "{words}: {:?}", begun.elapsed());
    assert!(told.lines().count() <= 1, "{told}");
    told
}

#[test]
fn a_hit_does_not_wait_for_a_stopped_process() {
    for (lock, runs) in [(SHARED, 1), (RESERVED, 1), (PENDING, 2), (EXCLUSIVE, 2)] {
        let sandbox = sandbox();
        let holder = Holder::new(&sandbox, lock);
        let told = at_once(&sandbox, "./s.sh 1", "hi 1\n", 0);
        assert_eq!(sandbox.runs(), runs, "{lock}");
        assert_eq!(told.contains("running uncached"), runs == 2, "{lock}: {told}");
        drop(holder);
        assert_eq!(at_once(&sandbox, "./s.sh 1", "hi 1\n", 0), "", "{lock}");
        assert_eq!(sandbox.runs(), runs, "{lock}");
    }
}

#[test]
fn a_miss_runs_at_once_and_is_not_stored() {
    for lock in [SHARED, RESERVED, PENDING, EXCLUSIVE] {
        let sandbox = sandbox();
        let holder = Holder::new(&sandbox, lock);
        let told = at_once(&sandbox, "./s.sh 2", "hi 2\n", 0);
        assert!(told.contains("the store is busy"), "{lock}: {told}");
        drop(holder);
        for _ in 0..2 {
            assert_eq!(at_once(&sandbox, "./s.sh 2", "hi 2\n", 0), "", "{lock}");
        }
        assert_eq!(sandbox.runs(), 3, "{lock}");
    }
}

#[test]
fn verbs_do_not_wait_for_a_stopped_process() {
    for (lock, lists) in [(SHARED, true), (RESERVED, true), (PENDING, false), (EXCLUSIVE, false)] {
        let sandbox = sandbox();
        let holder = Holder::new(&sandbox, lock);
        for verb in ["list", "clear"] {
            let begun = Instant::now();
            let output = sandbox.cachex(verb).output();
            assert!(begun.elapsed() < AT_ONCE, "{lock}: {verb}: {:?}", begun.elapsed());
            let (told, works) = (output.stderr_text(), lists && verb == "list");
            assert_eq!(output.status.code(), Some(if works { 0 } else { 125 }), "{lock}: {told}");
            assert_eq!(told.contains("the store is busy"), !works, "{lock}: {verb}: {told}");
        }
        drop(holder);
        sandbox.cachex("clear").gives("removed 1 entry (5B)\n");
    }
}
