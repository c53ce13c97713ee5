//! Output streams that are long, closed, full or not read.

use super::harness::{Sandbox, Texts};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

#[test]
fn long_output_on_both_streams_does_not_deadlock() {
    let sandbox = Sandbox::with_script(
        "head -c 3000000 /dev/zero | tr '\\0' o & head -c 3000000 /dev/zero | tr '\\0' e >&2; wait",
    );
    for _ in 0..2 {
        sandbox.cachex("./s.sh").ends(vec![b'o'; 3_000_000], vec![b'e'; 3_000_000], 0);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn one_stream_continues_while_the_other_is_not_read() {
    let sandbox = Sandbox::with_script("seq 100000 & echo err >&2; wait");
    for _ in 0..2 {
        let mut child = sandbox.cachex("./s.sh").spawn();
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
    let sandbox = Sandbox::with_script("echo out || echo failed >&2; echo err >&2");
    for redirection in [">&-", "2>&-", ">&- 2>&-"] {
        let run = |prefix: &str| {
            let output = sandbox.sh(&format!("{prefix} ./s.sh {redirection}")).output();
            (output.stdout_text(), output.stderr_text(), output.status.code())
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
    let sandbox = Sandbox::with_script("seq 200000");
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
fn a_stalled_reader_gets_a_whole_long_hit_even_if_the_entry_is_removed() {
    let sandbox = Sandbox::new();
    stuck(&sandbox, "exec cachex seq 600000", || {
        let bare = sandbox.sh("seq 600000").output().stdout;
        sandbox.cachex("--refresh seq 600000").gives(&bare);
        sandbox.cachex("--max-size 1MB echo other").gives("other\n");
        assert!(sandbox.objects().is_empty());
    });
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
    let sandbox = Sandbox::with_script("seq 300000");
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
    let sandbox =
        Sandbox::with_script("umask; ulimit -n; cat <&5; echo six >&6; ps -o pgid= -p $$");
    let script = "umask 027; ulimit -n 99; exec 5< in 6> out; exec CX ./s.sh";
    let mut seen = Vec::new();
    for prefix in ["", "cachex"] {
        sandbox.write("in", "five\n");
        let mut call = sandbox.sh(&script.replace("CX", prefix));
        call.command.process_group(0);
        let output = call.output();
        let text = output.stdout_text();
        let six = std::fs::read_to_string(sandbox.dir.join("out")).expect("readable");
        seen.push((text.lines().take(3).map(str::to_owned).collect::<Vec<_>>(), six));
    }
    assert_eq!(seen[0].0, ["0027", "99", "five"]);
    assert_eq!(seen[0], seen[1]);
}
