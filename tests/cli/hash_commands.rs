//! The processes of `--hash-with`: they end with cachex and delay nobody.

#![cfg_attr(not(target_os = "linux"), allow(unused_imports, reason = "some need prctl"))]

use super::harness::{Sandbox, is_running, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.sh("mkfifo told hold").gives("");
    sandbox
}

/// Ends cachex by a signal while a hash command runs, and waits for the end of the hash command.
#[cfg(target_os = "linux")]
fn ends_with_cachex(verb: &[&str], signal: Signal) {
    let sandbox = sandbox();
    let words = ["--hash-with", "arg:1=echo $$ > told; exec sleep 1000", "--", "./s.sh", "a"];
    let mut call = sandbox.cachex_words(verb.iter().chain(&words));
    let mut cachex = call.command.stdin(Stdio::null()).spawn().expect("started");
    let told = std::fs::File::open(sandbox.dir.join("told")).expect("opened");
    let mut pid = String::new();
    BufReader::new(told).read_line(&mut pid).expect("read");
    kill_process(Pid::from_child(&cachex), signal).expect("sent");
    assert_eq!(cachex.wait().expect("ended").signal(), Some(signal.as_raw()));
    wait_until("the hash command ends", || !is_running(pid.trim()));
    assert_eq!(sandbox.runs(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_hash_command_ends_with_cachex() {
    for signal in [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP] {
        ends_with_cachex(&[], signal);
    }
    ends_with_cachex(&["explain"], Signal::KILL);
}

#[test]
fn a_hash_command_that_leaves_a_process_behind_is_not_trusted() {
    let sandbox = sandbox();
    for (command, input) in [
        ("{ read x < hold; } & cat", "a"),
        ("{ read x < hold; } &", "a"),
        ("{ read x < hold; } & head -c 300000 /dev/zero", "a"),
    ] {
        for _ in 0..2 {
            let with = format!("arg:1={command}");
            let call = sandbox.cachex_words(["--hash-with", &with, "--", "./s.sh", input]);
            call.warns("hi\n", "a process that it left behind still holds its output");
            std::fs::write(sandbox.dir.join("hold"), "\n").expect("written");
        }
    }
    assert_eq!(sandbox.runs(), 6);
    let endless = "arg:1={ while echo; do :; done; } & true";
    let call = sandbox.cachex_words(["--hash-with", endless, "--", "./s.sh", "a"]);
    call.warns("hi\n", "a process that it left behind still holds its output");
}

#[test]
fn a_process_left_by_a_hash_command_has_a_moment_to_close_the_output() {
    let sandbox = sandbox();
    // Under load it may take longer.
    let is_trusted = |number: usize| {
        let with = "arg:1=sleep 0.03 & cat";
        let input = number.to_string();
        let call = sandbox.cachex_words(["--hash-with", with, "--", "./s.sh", &input]);
        !call.tells("hi\n", 0).contains("left behind")
    };
    assert!((0..50).any(is_trusted));
}

#[test]
fn a_process_left_by_a_hash_command_without_its_output_is_ignored() {
    let sandbox = sandbox();
    for _ in 0..2 {
        let with = "arg:1={ read x < hold; } > /dev/null & cat";
        sandbox.cachex_words(["--hash-with", with, "--", "./s.sh", "a"]).gives("hi\n");
        std::fs::write(sandbox.dir.join("hold"), "\n").expect("written");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn the_whole_output_of_a_hash_command_counts() {
    let sandbox = sandbox();
    let ran = |last: &str| {
        let before = sandbox.runs();
        let with = "arg:1=head -c 1000000 /dev/zero; cat";
        sandbox.cachex_words(["--hash-with", with, "--", "./s.sh", last]).gives("hi\n");
        sandbox.runs() > before
    };
    assert!(ran("a"));
    assert!(!ran("a"));
    assert!(ran("b"));
}

#[test]
fn a_call_that_reads_its_inputs_holds_no_lock() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo hold started").gives("");
    sandbox.cachex("echo other").gives("other\n");
    let with = "arg:1=echo > started; read x < hold; cat";
    let mut call = sandbox.cachex_words(["--hash-with", with, "--", "echo", "hi"]);
    call.command.stdin(Stdio::null()).stdout(Stdio::piped());
    let slow = call.command.spawn().expect("started");
    sandbox.sh("read x < started").gives("");
    // A write needs all read locks to be released.
    let told = sandbox.cachex("-v --refresh echo other").tells("other\n", 0);
    assert!(told.contains("cachex: stored"), "{told}");
    sandbox.sh("echo > hold").gives("");
    let output = slow.wait_with_output().expect("ended");
    assert_eq!((&output.stdout[..], output.status.code()), (&b"hi\n"[..], Some(0)));
}
