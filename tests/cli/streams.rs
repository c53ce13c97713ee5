//! Output streams that are long, closed, full or not read.

use super::harness::Sandbox;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

#[test]
fn long_output_on_both_streams_does_not_deadlock() {
    let sandbox = Sandbox::new();
    sandbox.script(
        "s.sh",
        "head -c 3000000 /dev/zero | tr '\\0' o & head -c 3000000 /dev/zero | tr '\\0' e >&2; wait",
    );
    for _ in 0..2 {
        sandbox.cachex("./s.sh").ends(vec![b'o'; 3_000_000], vec![b'e'; 3_000_000], 0);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn one_stream_continues_while_the_other_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "seq 100000 & echo err >&2; wait");
    for _ in 0..2 {
        let mut call = sandbox.cachex("./s.sh");
        let mut child =
            call.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let mut err = [0; 4];
        child.stderr.take().expect("a pipe").read_exact(&mut err).expect("read");
        assert_eq!(&err, b"err\n");
        let mut out = Vec::new();
        child.stdout.take().expect("a pipe").read_to_end(&mut out).expect("read");
        assert!(child.wait().expect("ended").success());
        assert_eq!(out.len(), 588_895);
        // A hit replays the streams in their recorded order, so there is nothing to test.
        if sandbox.runs() == 1 {
            break;
        }
    }
}

#[test]
fn a_closed_stream_is_closed_for_the_command_too() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo out || echo failed >&2; echo err >&2");
    for redirection in [">&-", "2>&-", ">&- 2>&-"] {
        let run = |prefix: &str| {
            let output = sandbox.sh(&format!("{prefix} ./s.sh {redirection}")).output();
            (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
                output.status.code(),
            )
        };
        let bare = run("");
        for prefix in ["cachex", "cachex", "cachex --no-cache"] {
            assert_eq!(run(prefix), bare, "{prefix} {redirection}");
        }
    }
    assert_eq!(sandbox.runs(), 9);
    sandbox.cachex("./s.sh").ends("out\n", "err\n", 0);
    assert_eq!(sandbox.runs(), 10, "an entry of its own");
}

#[test]
fn a_recording_that_cannot_be_written_costs_one_warning() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "seq 200000");
    let bare = sandbox.sh("seq 200000").output().stdout;
    sandbox.cachex("echo x").gives("x\n");
    // The limit on file size stops the recording half-way. The command inherits the limit, but
    // writes to a pipe only.
    let script = "ulimit -f 1024; cachex ./s.sh";
    for _ in 0..2 {
        sandbox.sh(script).warns(&bare, "the result is not stored");
    }
    sandbox.cachex("echo x").gives("x\n");
}

/// Runs a script whose long hit is stuck in its output during `meanwhile`, and then reads the output to its end.
fn stuck(sandbox: &Sandbox, script: &str, meanwhile: impl FnOnce()) {
    let bare = sandbox.sh("seq 600000").output().stdout;
    sandbox.cachex("seq 600000").gives(&bare);
    let mut call = sandbox.sh(script);
    let mut child = call.command.stdout(Stdio::piped()).spawn().expect("started");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut read = vec![0; 10];
    stdout.read_exact(&mut read).expect("read");
    meanwhile();
    stdout.read_to_end(&mut read).expect("read");
    assert!(read == bare);
    assert!(child.wait().expect("ended").success());
}

#[test]
fn a_stalled_reader_of_a_long_hit_does_not_block_others() {
    let sandbox = Sandbox::new();
    stuck(&sandbox, "exec cachex seq 600000", || {
        sandbox.cachex("echo other").gives("other\n");
        sandbox.cachex("clear").gives("removed 2 entries (4.1MB)\n");
    });
}

#[test]
fn nobody_waits_long_for_a_stopped_reader() {
    let sandbox = Sandbox::new();
    let bare = sandbox.sh("seq 2000000").output().stdout;
    sandbox.cachex("seq 2000000").gives(&bare);
    // The lock that a process holds when it is stopped in the middle of a long hit.
    let reader = rusqlite::Connection::open(sandbox.outputs()).expect("opened");
    reader.execute_batch("BEGIN").expect("begun");
    let read = |count| reader.query_row(count, [], |row| row.get::<_, i64>(0)).expect("read");
    assert!(read("SELECT count(*) FROM block") > 0);
    let mut writer = sandbox.cachex("--refresh seq 2000000");
    let writer =
        writer.command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    // On either side of it.
    sandbox.cachex("echo other").gives("other\n");
    let told = writer.wait_with_output().expect("ended").stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(told.starts_with("cachex: warning: the store is busy"), "{told}");
    let told = sandbox.cachex("clear").tells("", 125);
    assert!(told.starts_with("cachex: error: the store is busy"), "{told}");
    reader.execute_batch("ROLLBACK").expect("ended");
    sandbox.cachex("--only-if-cached seq 2000000").gives(&bare);
}

#[test]
fn replacing_long_output_by_short_output_does_not_block_lookups() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "cat now");
    sandbox.sh("seq 300000 > now; cachex ./s.sh | tail -1").gives("300000\n");
    sandbox.write("now", "short\n");
    let reader = rusqlite::Connection::open(sandbox.outputs()).expect("opened");
    reader.execute_batch("BEGIN").expect("begun");
    let count = "SELECT count(*) FROM block";
    let blocks: i64 = reader.query_row(count, [], |row| row.get(0)).expect("read");
    assert!(blocks > 0);
    let mut writer = sandbox.cachex("--refresh ./s.sh");
    let mut writer =
        writer.command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let database = rusqlite::Connection::open(sandbox.database()).expect("opened");
    database.busy_timeout(std::time::Duration::ZERO).expect("set");
    let entries = "SELECT count(*) FROM entry";
    while writer.try_wait().expect("known").is_none() {
        let found: Result<i64, _> = database.query_row(entries, [], |row| row.get(0));
        assert_eq!(found, Ok(1));
    }
    let mut told = String::new();
    writer.stderr.expect("a pipe").read_to_string(&mut told).expect("read");
    assert!(told.starts_with("cachex: warning: the store is busy"), "{told}");
}

#[test]
fn a_stalled_reader_gets_a_whole_long_hit_without_room_for_a_copy() {
    let sandbox = Sandbox::new();
    stuck(&sandbox, "ulimit -f 8; exec cachex seq 600000", || {
        // Storing short output does not wait.
        sandbox.cachex("echo other").gives("other\n");
    });
}

#[test]
fn a_long_hit_is_the_same_for_every_kind_of_output() {
    let sandbox = Sandbox::new();
    let writes = "i=0; while [ $i -lt 30 ]; do seq $((i * 9999)) $((i * 9999 + 9999)); \
                  seq $i $((i + 9999)) >&2; i=$((i + 1)); done";
    sandbox.script("s.sh", writes);
    let kept = |at| format!("mkdir {at}; mv out {at}; test ! -e err || mv err {at}");
    for to in ["> out 2> err", "> out 2>&1", "2> err | cat > out", "2>&1 | cat > out"] {
        sandbox.sh(&format!("./s.sh {to}; {}", kept("bare"))).gives("");
        // A recording of two streams is not exact in its order.
        sandbox.cachex("clear").output();
        for _ in 0..2 {
            let call = format!("cachex ./s.sh {to}; {}", kept("seen"));
            sandbox.sh(&format!("{call}; diff -r bare seen && rm -r seen")).gives("");
        }
        sandbox.sh("rm -r bare").gives("");
    }
    assert_eq!(sandbox.runs(), 8);
}

#[test]
fn a_reader_that_leaves_early_leaves_no_truncated_entry() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "seq 300000");
    let bare = sandbox.sh("seq 300000").output().stdout;
    for _ in 0..3 {
        sandbox.sh("cachex ./s.sh | head -2").gives("1\n2\n");
    }
    sandbox.cachex("./s.sh").gives(&bare);
    sandbox.sh("cachex ./s.sh | head -2").gives("1\n2\n");
    sandbox.cachex("./s.sh").gives(&bare);
}

#[test]
fn descriptors_and_limits_reach_the_command() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "umask; ulimit -n; cat <&5; echo six >&6; ps -o pgid= -p $$");
    let script = "umask 027; ulimit -n 99; exec 5< in 6> out; exec CX ./s.sh";
    let mut seen = Vec::new();
    for prefix in ["", "cachex"] {
        sandbox.write("in", "five\n");
        let mut call = sandbox.sh(&script.replace("CX", prefix));
        call.command.process_group(0);
        let output = call.output();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let six = std::fs::read_to_string(sandbox.dir.join("out")).expect("readable");
        seen.push((text.lines().take(3).map(str::to_owned).collect::<Vec<_>>(), six));
    }
    assert_eq!(seen[0].0, ["0027", "99", "five"]);
    assert_eq!(seen[0], seen[1]);
}
