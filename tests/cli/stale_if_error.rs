//! `--stale-if-error`: replay the last success when the command fails.

use super::harness::Sandbox;
use super::stale_while_revalidate::{sandbox, wait_until_idle};
use std::process::Stdio;

pub const FALLS_BACK: &str = "--ttl 1m --stale-if-error 1h ./s.sh";

#[test]
fn a_failure_is_replaced_by_the_last_success() {
    let sandbox = sandbox();
    sandbox.cachex(FALLS_BACK).gives("old\n");
    sandbox.write("code", "3");
    sandbox.write("now", "bad\n");
    for runs in 2..4 {
        sandbox.age(100);
        sandbox
            .cachex(FALLS_BACK)
            .warns("old\n", "the command failed (exit code 3); replaying its");
        assert_eq!(sandbox.runs(), runs);
    }
    sandbox.cachex(&format!("-q {FALLS_BACK}")).gives("old\n");
    sandbox.write("code", "0");
    sandbox.write("now", "new\n");
    sandbox.cachex(FALLS_BACK).gives("new\n");
    sandbox.cachex(FALLS_BACK).gives("new\n");
    assert_eq!(sandbox.runs(), 5);
}

#[test]
fn without_a_recent_success_a_failure_is_shown() {
    let sandbox = sandbox();
    sandbox.write("code", "3");
    sandbox.cachex(FALLS_BACK).ends("old\n", "", 3);
    sandbox.write("code", "0");
    sandbox.age(100);
    sandbox.cachex(FALLS_BACK).gives("old\n");
    sandbox.write("code", "4");
    sandbox.age(3700);
    sandbox.cachex(FALLS_BACK).ends("old\n", "", 4);
}

#[test]
fn death_by_a_signal_is_a_failure() {
    let sandbox = Sandbox::with_script("echo hi; test -e deadly && kill -9 $$");
    sandbox.cachex("--cache-exit 0,1 --ttl 1m --stale-if-error 1h ./s.sh").ends("hi\n", "", 1);
    sandbox.write("deadly", "");
    sandbox.age(100);
    let stderr =
        sandbox.cachex("--cache-exit 0,1 --ttl 1m --stale-if-error 1h ./s.sh").tells("hi\n", 1);
    assert!(stderr.contains("failed (killed by signal 9)"), "{stderr}");
}

#[test]
fn held_output_keeps_its_order_and_its_length() {
    let sandbox = Sandbox::new();
    let body = "seq 100000; echo mid >&2; seq 100000; test -e bad && exit 1; exit 0";
    sandbox.script("s.sh", body);
    let bare = sandbox.sh("seq 100000; seq 100000").output().stdout;
    for options in ["", "--max-output 100KB", "--no-store", "--max-output 1"] {
        sandbox.cachex("clear").output();
        sandbox.cachex("./s.sh").ends(&bare, "mid\n", 0);
        sandbox.age(100);
        sandbox.cachex(&format!("{options} {FALLS_BACK}")).ends(&bare, "mid\n", 0);
    }
    sandbox.cachex("./s.sh").ends(&bare, "mid\n", 0);
    sandbox.age(100);
    sandbox.write("bad", "");
    let stderr = sandbox.cachex(FALLS_BACK).tells(&bare, 0);
    assert!(stderr.starts_with("cachex: warning: ") && stderr.ends_with("mid\n"), "{stderr}");
}

#[test]
fn no_output_of_a_failure_is_shown_even_later() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script(
        "s.sh",
        "test -e bad || { echo good; exit 0; }
         echo BAD; { read x < go; echo LATE; echo late >> ends; } & exit 1",
    );
    sandbox.write("ends", "");
    sandbox.cachex(FALLS_BACK).gives("good\n");
    sandbox.age(100);
    sandbox.write("bad", "");
    let script = format!("cachex -q {FALLS_BACK} > out; echo > go; until test -s ends; do :; done");
    sandbox.sh(&script).gives("");
    // The forwarding process ends when nothing is left to forward.
    wait_until_idle(&sandbox);
    assert_eq!(std::fs::read_to_string(sandbox.dir.join("out")).expect("there"), "good\n");
}

#[test]
fn a_signal_ends_the_replay_of_the_last_success() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    let sandbox = Sandbox::with_script("test -e bad && exit 1; seq 200000");
    sandbox.cachex(FALLS_BACK).output();
    sandbox.write("bad", "");
    sandbox.age(100);
    let mut child = sandbox.cachex(FALLS_BACK).spawn();
    let mut warning = String::new();
    let stderr = child.stderr.take().expect("a pipe");
    BufReader::new(stderr).read_line(&mut warning).expect("read");
    assert!(warning.contains("the command failed"), "{warning}");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
    // The output is longer than a pipe and not yet read.
    assert_eq!(child.wait().expect("ended").signal(), Some(15));
}

#[test]
fn a_reader_that_leaves_does_not_affect_the_other_stream() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script(
        "s.sh",
        "test -e slow || { echo good; exit 0; }
         trap '' PIPE; echo important >&2; read x < go; while echo out 2>&-; do :; done; echo last >&2; exit 1",
    );
    sandbox.cachex(FALLS_BACK).gives("good\n");
    sandbox.age(100);
    sandbox.write("slow", "");
    let script = format!("cachex {FALLS_BACK} 2> err | {{ exec 0<&-; echo > go; }}; cat err");
    sandbox.sh(&script).gives("important\nlast\n");
}

#[test]
fn an_entry_cleared_during_the_run_is_not_replayed() {
    for length in [10, 10_000, 2_000_000] {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo begun go").gives("");
        let fails = "if test -e failing; then echo > begun; cat go; exit 3; fi";
        sandbox.script("s.sh", &format!("{fails}; head -c {length} /dev/zero"));
        sandbox.cachex("./s.sh").output();
        sandbox.age(60);
        sandbox.write("failing", "");
        let mut call = sandbox.cachex("--ttl 1 --stale-if-error 1h ./s.sh");
        let child = call.command.stdout(Stdio::piped()).spawn().expect("started");
        std::fs::read(sandbox.dir.join("begun")).expect("begun");
        sandbox.cachex("clear").output();
        std::fs::write(sandbox.dir.join("go"), "").expect("written");
        let output = child.wait_with_output().expect("ended");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{length}");
    }
}
