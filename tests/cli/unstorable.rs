//! Followers do not wait for a run that can no longer be stored.

use super::harness::Sandbox;
use super::harness::terminal::on_terminal;
use super::single_flight::{end, send, spawn, wait_for_start, wait_until_waiting};
use rustix::process::Signal;
use std::process::{Child, Stdio};

/// A sandbox whose script runs `first` the first time, and then waits for the file `go`, for half a minute
/// at most. Later runs print a result at once.
fn sandbox(first: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let body = format!(
        "trap '' PIPE USR1
         wait_for() {{ i=0; until test -e $1 || test $i -ge 3000; do sleep 0.01; i=$((i+1)); done; }}
         if mkdir first 2>/dev/null; then {first} echo > started; wait_for go; touch ended; fi; echo result"
    );
    sandbox.script("s.sh", &body);
    sandbox
}

/// Expects that the follower runs the command itself while the leader still runs.
fn gives_a_result_before_the_leader_ends(sandbox: &Sandbox, mut leader: Child, follower: Child) {
    assert_eq!(end(follower), ("result\n".to_owned(), Some(0)));
    assert!(leader.try_wait().expect("known").is_none(), "the leader has ended");
    sandbox.go();
    drop(leader.stdout.take());
    leader.wait().expect("ended");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_run_that_a_signal_disturbs_frees_its_followers() {
    let sandbox = sandbox("");
    let leader = spawn(&sandbox, "./s.sh");
    wait_for_start(&sandbox);
    let mut follower = spawn(&sandbox, "-v ./s.sh");
    wait_until_waiting(&mut follower);
    send(Signal::USR1, &leader);
    gives_a_result_before_the_leader_ends(&sandbox, leader, follower);
}

#[test]
fn a_run_with_output_above_the_limit_frees_its_followers() {
    let sandbox = sandbox("wait_for more; echo this is more than ten bytes;");
    let leader = spawn(&sandbox, "--max-output 10 ./s.sh");
    sandbox.sh("until test -d first; do :; done").gives("");
    let mut follower = spawn(&sandbox, "-v --max-output 10 ./s.sh");
    wait_until_waiting(&mut follower);
    sandbox.write("more", "");
    gives_a_result_before_the_leader_ends(&sandbox, leader, follower);
}

#[test]
fn a_run_whose_reader_leaves_frees_its_followers() {
    let sandbox = sandbox("");
    let mut leader = spawn(&sandbox, "./s.sh");
    wait_for_start(&sandbox);
    let mut follower = spawn(&sandbox, "-v ./s.sh");
    wait_until_waiting(&mut follower);
    drop(leader.stdout.take());
    gives_a_result_before_the_leader_ends(&sandbox, leader, follower);
}

#[test]
fn a_run_that_gets_keys_frees_its_followers() {
    let sandbox = sandbox("");
    let call = "--pty ./s.sh";
    let mut leader = on_terminal(sandbox.cachex(call), 24, 80);
    wait_for_start(&sandbox);
    let mut follower = on_terminal(sandbox.cachex(&format!("-v {call}")), 24, 80);
    follower.wait_for("waiting for another run");
    leader.press(b'x');
    follower.wait_for("result");
    sandbox.sh("test -e ended").ends("", "", 1);
    sandbox.go();
    leader.end();
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_run_with_an_unobservable_input_blocks_nobody() {
    let sandbox = sandbox("");
    let mut leader = sandbox.cachex("./s.sh");
    let device = std::fs::File::open("/dev/zero").expect("opened");
    leader.command.stdin(device).stdout(Stdio::piped()).stderr(Stdio::piped());
    let leader = leader.command.spawn().expect("started");
    wait_for_start(&sandbox);
    let follower = spawn(&sandbox, "./s.sh");
    gives_a_result_before_the_leader_ends(&sandbox, leader, follower);
}

#[test]
fn followers_of_two_held_up_runs_run_side_by_side() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go go.second").gives("");
    // The leader stops, hands over to a second leader and ends. Then the second leader stops. The other callers
    // continue only when both have started.
    sandbox.script(
        "s.sh",
        "mkdir first 2>/dev/null && { echo $$ > started; read x < go; exit 1; }
         mkdir second 2>/dev/null && { echo $PPID > second/pid; read x < go.second; exit 1; }
         echo >> arrived; i=0
         until [ \"$(wc -l < arrived)\" -ge 2 ]; do sleep 0.01; i=$((i+1)); [ $i -lt 2000 ] || exit 9; done
         exit 1",
    );
    let call = "-v --discard-failures ./s.sh";
    let leader = spawn(&sandbox, call);
    wait_for_start(&sandbox);
    let mut followers: Vec<Child> = (0..3).map(|_| spawn(&sandbox, call)).collect();
    followers.iter_mut().for_each(wait_until_waiting);
    send(Signal::TSTP, &leader);
    sandbox.sh("until test -s second/pid; do sleep 0.01; done").gives("");
    send(Signal::CONT, &leader);
    sandbox.go();
    assert_eq!(end(leader), (String::new(), Some(1)));
    sandbox.sh("kill -TSTP $(cat second/pid)").gives("");
    sandbox
        .sh("until test -e arrived && test $(wc -l < arrived) -ge 2; do sleep 0.01; done")
        .gives("");
    sandbox.sh("kill -CONT $(cat second/pid); echo > go.second").gives("");
    for follower in followers {
        assert_eq!(end(follower), (String::new(), Some(1)));
    }
    assert_eq!(sandbox.runs(), 4);
}
