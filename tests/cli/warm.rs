//! `--warm`: running a command in the background for later calls.

use super::harness::Sandbox;
use super::stale_while_revalidate::{sandbox, wait_for_ends, with_a_slow_renewal};

#[test]
fn warm_runs_in_the_background_and_prints_nothing() {
    let sandbox = with_a_slow_renewal();
    sandbox.write("warm", "");
    sandbox.sh("x=$(cachex --warm ./s.sh 2>&1); echo \"$? $x\"").gives("0 \n");
    sandbox.go();
    wait_for_ends(&sandbox, 1);
    sandbox.cachex("--only-if-cached ./s.sh").gives("hi\n");
    sandbox.cachex("--warm ./s.sh").gives("");
    sandbox.go();
    wait_for_ends(&sandbox, 2);
    assert_eq!(sandbox.runs(), 2, "also when it is fresh");
}

#[test]
fn a_failed_warm_keeps_the_stored_success() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("old\n");
    sandbox.write("code", "3");
    sandbox.cachex("--warm ./s.sh").gives("");
    wait_for_ends(&sandbox, 2);
    sandbox.cachex("./s.sh").gives("old\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn warm_takes_an_input_only_with_stdin() {
    let sandbox = Sandbox::with_script("cat now; test $# = 0 || cat; echo >> ends");
    sandbox.write("now", "old ");
    sandbox.cachex("./s.sh").stdin("unread").gives("old ");
    sandbox.write("now", "new ");
    sandbox.sh("echo rest | { cachex --warm ./s.sh; cat; }").gives("rest\n");
    wait_for_ends(&sandbox, 2);
    sandbox.cachex("./s.sh").stdin("also unread").gives("new ");
    sandbox.cachex("--warm --stdin ./s.sh reads").stdin("input").gives("");
    wait_for_ends(&sandbox, 3);
    sandbox.cachex("./s.sh reads").stdin("input").gives("new input");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn warm_does_nothing_without_a_store_and_conflicts_are_refused() {
    let sandbox = sandbox();
    sandbox.cachex("--warm ./s.sh").env("CACHEX_NO_CACHE", "1").gives("");
    sandbox.cachex("--warm --cache-dir /dev/null ./s.sh").warns("", "is not a directory");
    for other in ["--no-store", "--only-if-cached"] {
        let stderr = sandbox.cachex(&format!("--warm {other} ./s.sh")).tells("", 2);
        assert!(stderr.contains("exclude each other"), "{stderr}");
    }
    assert_eq!(sandbox.runs(), 0);
    sandbox.cachex("--warm ./none").tells("", 127);
}

#[test]
fn warm_neither_reads_a_pipe_nor_waits_for_its_end() {
    let sandbox = Sandbox::new();
    sandbox.sh("seq 30000 | cachex cat | tail -1").gives("30000\n");
    let all = sandbox.sh("seq 40000").output().stdout;
    sandbox.sh("seq 40000 | { cachex --warm cat; cat; }").gives(all);
    // The writer continues only after the call.
    sandbox.sh("mkfifo pipe go").gives("");
    let script = "{ read x; echo late; } > pipe < go & cachex --warm cat < pipe; echo > go; wait";
    sandbox.sh(script).gives("");
}

#[test]
fn warm_by_a_variable_does_not_reach_nested_calls() {
    let sandbox = Sandbox::new();
    sandbox.script("inner.sh", "echo inner");
    sandbox.script("outer.sh", "echo \"[$(cachex ./inner.sh)]\"; echo >> ends");
    sandbox.write("ends", "");
    sandbox.cachex("./outer.sh").env("CACHEX_WARM", "1").gives("");
    wait_for_ends(&sandbox, 1);
    sandbox.cachex("./outer.sh").gives("[inner]\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn warm_replaces_an_entry_from_the_future() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("old\n");
    sandbox.age(-3600);
    sandbox.write("now", "new\n");
    sandbox.cachex("--warm ./s.sh").gives("");
    wait_for_ends(&sandbox, 2);
    sandbox.cachex("./s.sh").gives("new\n");
    assert_eq!(sandbox.runs(), 2);
}
