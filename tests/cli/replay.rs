//! A hit replays the same bytes to the same streams in the same order, with the same exit code.

use super::harness::{Sandbox, Texts};
use std::process::Stdio;

#[test]
fn a_hit_replays_the_miss() {
    let sandbox = Sandbox::with_script("echo out; echo err >&2; printf 'no newline'");
    for _ in 0..3 {
        sandbox.cachex("-- ./s.sh").ends("out\nno newline", "err\n", 0);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn any_bytes_are_replayed() {
    let sandbox = Sandbox::with_script(r"printf '\000\377\n\r\000'; printf '\376\000' >&2");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").ends(b"\x00\xff\n\r\x00", b"\xfe\x00", 0);
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn empty_output_is_replayed() {
    let sandbox = Sandbox::with_script("exit 0");
    for _ in 0..2 {
        sandbox.cachex("./s.sh").gives("");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn the_order_across_both_streams_is_replayed() {
    let sandbox = Sandbox::new();
    let step = |text: &str, to: &str| format!("echo {text}{to}; sleep 0.05; ");
    let body: String =
        (0..6).map(|i| step(&i.to_string(), if i % 3 == 1 { " >&2" } else { "" })).collect();
    sandbox.script("s.sh", &body);
    for _ in 0..2 {
        sandbox.sh("cachex ./s.sh 2>&1").gives("0\n1\n2\n3\n4\n5\n");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn exit_codes_are_replayed() {
    let sandbox = Sandbox::with_script("echo failing >&2; exit $1");
    for code in [1, 2, 42, 124, 125, 255] {
        for _ in 0..2 {
            sandbox.cachex(&format!("./s.sh {code}")).ends("", "failing\n", code);
        }
    }
    assert_eq!(sandbox.runs(), 6);
}

#[test]
fn long_output_is_replayed() {
    let sandbox = Sandbox::new();
    // Longer than a row may hold, and longer than cachex keeps in memory.
    for lines in [20_000, 600_000] {
        let call = format!("seq {lines}");
        let bare = sandbox.sh(&call).output().stdout;
        for _ in 0..2 {
            sandbox.cachex(&call).gives(&bare);
        }
    }
    let listed = sandbox.cachex("list").output().stdout_text();
    assert_eq!(listed.matches("seq").count(), 2);
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let sandbox = Sandbox::new();
    sandbox.cachex("seq 300000").output();
    // A shell reports 141 for a command killed by SIGPIPE.
    let pipe = "{ cachex seq 300000; echo $? >&2; } | head -1";
    sandbox.sh(pipe).ends("1\n", "141\n", 0);
    let mut call = sandbox.cachex("seq 300000").command;
    let mut child = call.stdout(std::process::Stdio::piped()).spawn().expect("started");
    drop(child.stdout.take());
    let signal = std::os::unix::process::ExitStatusExt::signal(&child.wait().expect("ended"));
    assert_eq!(signal, Some(libc::SIGPIPE));
}

#[test]
fn a_hit_writes_nothing_to_the_database() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo hi").gives("hi\n");
    let before = std::fs::read(sandbox.database()).expect("readable");
    for _ in 0..3 {
        sandbox.cachex("echo hi").gives("hi\n");
    }
    assert!(std::fs::read(sandbox.database()).expect("readable") == before);
}

#[test]
fn a_long_entry_is_a_hit_while_others_replace_it() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "seq 300000; date +%N; seq 300000");
    sandbox.cachex("./s.sh").output();
    let refresh = || {
        let mut call = sandbox.cachex("--refresh ./s.sh").command;
        call.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started")
    };
    for _ in 0..20 {
        let writers = [refresh(), refresh()];
        for _ in 0..3 {
            let hit = sandbox.cachex("--only-if-cached ./s.sh").output();
            assert_eq!((hit.status.code(), hit.stderr), (Some(0), Vec::new()));
            let lines = hit.stdout.split(|byte| *byte == b'\n');
            assert_eq!(lines.count(), 600_002);
        }
        for writer in writers {
            let told = writer.wait_with_output().expect("ended").stderr;
            assert_eq!(String::from_utf8_lossy(&told), "");
        }
    }
    sandbox.objects_are_those_owned();
}

#[test]
fn discarding_one_stream_does_not_affect_the_other() {
    let sandbox = Sandbox::with_script("seq 200000; echo between >&2; seq 200000");
    for _ in 0..2 {
        sandbox.sh("cachex ./s.sh 2>&1 >/dev/null").gives("between\n");
    }
    assert_eq!(sandbox.runs(), 1);
    let same = sandbox.sh("seq 200000; seq 200000").output().stdout;
    sandbox.sh("cachex ./s.sh 2>/dev/null").gives(&same);
    assert_eq!(sandbox.runs(), 1);
    // The null device, opened for reading only: writing fails, as for the command.
    sandbox.cachex("seq 300000").output();
    let told = sandbox.sh("cachex --only-if-cached seq 300000 </dev/null 1<&0").tells("", 125);
    assert!(told.contains("cannot write the output"), "{told}");
}
