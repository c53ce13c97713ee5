//! Single flight: concurrent callers of one key share one run.

use super::harness::{Sandbox, Texts};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Stdio};

/// A sandbox whose command reports its start and then waits for [`Sandbox::go`].
fn sandbox(rest: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    // An end of file belongs to the `go` of another run.
    let wait = "until read x < go; do :; done";
    sandbox.script("s.sh", &format!("echo $$ > started; {wait}; {rest}"));
    sandbox
}

/// Starts a call in a process group of its own, which a signal can stop since this process could continue it.
pub fn spawn(sandbox: &Sandbox, words: &str) -> Child {
    let mut call = sandbox.cachex(words);
    call.command.process_group(0);
    call.spawn()
}

/// Waits until a caller reports that it waits for another run.
pub fn wait_until_waiting(caller: &mut Child) {
    let mut stderr = caller.stderr.take().expect("a pipe");
    let mut seen = String::new();
    let mut byte = [0];
    while !seen.contains("waiting for another run") {
        assert_eq!(stderr.read(&mut byte).expect("read"), 1, "{seen}");
        seen.push(char::from(byte[0]));
    }
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
}

pub fn wait_for_start(sandbox: &Sandbox) {
    sandbox.sh("until test -s started; do :; done").gives("");
}

fn wait_for_runs(sandbox: &Sandbox, runs: usize) {
    sandbox.sh(&format!("until test $(wc -l < ran) -ge {runs}; do sleep 0.01; done")).gives("");
}

/// A leader that runs `./s.sh` and a follower that waits for it.
fn leader_and_follower(sandbox: &Sandbox) -> (Child, Child) {
    let leader = spawn(sandbox, "./s.sh");
    wait_for_start(sandbox);
    let mut follower = spawn(sandbox, "-v ./s.sh");
    wait_until_waiting(&mut follower);
    (leader, follower)
}

pub fn send(signal: Signal, to: &Child) {
    kill_process(Pid::from_child(to), signal).expect("sent");
}

/// Waits for a caller and returns its standard output and exit code.
pub fn end(caller: Child) -> (String, Option<i32>) {
    let output = caller.wait_with_output().expect("ended");
    let status = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal));
    (output.stdout_text(), status)
}

#[test]
fn many_callers_of_one_key_share_one_run() {
    for (options, runs) in [("-v", 1), ("-v --ttl 0", 2), ("-v --refresh", 2)] {
        let sandbox = sandbox("echo result; exit 3");
        let call = format!("{options} --cache-exit 3 ./s.sh");
        let leader = spawn(&sandbox, &call);
        wait_for_start(&sandbox);
        let mut followers: Vec<Child> = (0..20).map(|_| spawn(&sandbox, &call)).collect();
        followers.iter_mut().for_each(wait_until_waiting);
        // A caller that asks for a new result is not served by an earlier run: one follower runs for all.
        for run in 1..=runs {
            wait_for_runs(&sandbox, run);
            sandbox.go();
        }
        for caller in followers.into_iter().chain([leader]) {
            assert_eq!(end(caller), ("result\n".to_owned(), Some(3)), "{options}");
        }
        assert_eq!(sandbox.runs(), runs, "{options}");
    }
}

#[test]
fn fifty_cold_callers_start_one_run() {
    let sandbox = Sandbox::with_script("sleep 0.5; echo result");
    let script = "for i in $(seq 50); do cachex ./s.sh & done; wait";
    sandbox.sh(script).gives("result\n".repeat(50));
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn followers_of_a_run_that_stored_nothing_run_side_by_side() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    // Each run waits until all have started, so runs in sequence would never end.
    sandbox.script(
        "s.sh",
        "if mkdir first 2>/dev/null; then echo $$ > started; read x < go; exit 1; fi
         echo >> arrived; until [ \"$(wc -l < arrived)\" -ge 4 ]; do sleep 0.01; done; exit 1",
    );
    let call = "-v --discard-failures ./s.sh";
    let leader = spawn(&sandbox, call);
    wait_for_start(&sandbox);
    let mut followers: Vec<Child> = (0..4).map(|_| spawn(&sandbox, call)).collect();
    followers.iter_mut().for_each(wait_until_waiting);
    sandbox.go();
    for caller in followers.into_iter().chain([leader]) {
        assert_eq!(end(caller), (String::new(), Some(1)));
    }
    assert_eq!(sandbox.runs(), 5);
}

#[test]
fn different_keys_run_side_by_side() {
    let sandbox = Sandbox::with_script(
        "echo >> arrived; until [ \"$(wc -l < arrived)\" -ge 12 ]; do sleep 0.01; done; echo $1",
    );
    let script = "for i in $(seq 12); do cachex ./s.sh $i & done; wait";
    let output = sandbox.sh(script).output();
    assert_eq!(output.stdout_text().lines().count(), 12);
    assert_eq!(output.stderr_text(), "");
}

#[test]
fn a_killed_leader_frees_its_followers() {
    let sandbox = sandbox("echo result");
    let (mut leader, follower) = leader_and_follower(&sandbox);
    std::fs::remove_file(sandbox.dir.join("started")).expect("removed");
    leader.kill().expect("killed");
    leader.wait().expect("ended");
    wait_for_start(&sandbox);
    sandbox.go();
    assert_eq!(end(follower), ("result\n".to_owned(), Some(0)));
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn an_interrupted_follower_does_not_disturb_the_leader() {
    let sandbox = sandbox("echo result");
    let (leader, follower) = leader_and_follower(&sandbox);
    send(Signal::TERM, &follower);
    assert_eq!(end(follower), (String::new(), Some(143)));
    sandbox.go();
    assert_eq!(end(leader), ("result\n".to_owned(), Some(0)));
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_command_that_calls_itself_does_not_wait_for_itself() {
    let sandbox =
        Sandbox::with_script("test -e deep && { echo deep; exit; }; touch deep; cachex ./s.sh");
    sandbox.cachex("./s.sh").gives("deep\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn commands_that_call_each_other_do_not_deadlock() {
    let sandbox = Sandbox::new();
    for (own, other) in [("a", "b"), ("b", "a")] {
        let body = "touch OWN.begun; until test -e OTHER.begun; do sleep 0.01; done
                    test \"$INNER\" || INNER=1 cachex $OPTIONS ./OTHER.sh || exit; echo OWN";
        sandbox.script(&format!("{own}.sh"), &body.replace("OWN", own).replace("OTHER", other));
    }
    for options in ["", "--refresh"] {
        let both = "rm -f *.begun; cachex OPTIONS ./a.sh | tail -n1 & cachex OPTIONS ./b.sh | tail -n1 > b; wait; cat b";
        sandbox.sh(&both.replace("OPTIONS", options)).env("OPTIONS", options).gives("a\nb\n");
    }
}

#[test]
fn clear_in_a_recreated_store_applies_to_runs_in_flight() {
    for (clear, stored) in [("clear", 0), ("clear -- ./other", 1)] {
        let sandbox = sandbox("echo result");
        sandbox.cachex("clear -- ./other").gives("removed nothing\n");
        let call = spawn(&sandbox, "./s.sh");
        wait_for_start(&sandbox);
        std::fs::remove_dir_all(sandbox.store_dir()).expect("removed");
        sandbox.cachex(clear).gives("removed nothing\n");
        sandbox.go();
        assert_eq!(end(call), ("result\n".to_owned(), Some(0)));
        let entries = sandbox.entries();
        assert_eq!(entries.len(), stored, "{clear}");
    }
}

/// A reader that alternates between two callers: `cmp <(cachex …) <(cachex …)`.
const COMPARE: &str = "cachex CALL > a & cachex CALL > b & cmp a b && wait";

#[test]
fn a_leader_whose_reader_waits_for_a_follower_does_not_block_it() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo a b").gives("");
    sandbox.script("s.sh", "seq 300000");
    for (options, runs) in [("", 2), ("--ttl 1m --stale-if-error 1h", 4)] {
        sandbox.sh(&COMPARE.replace("CALL", &format!("{options} ./s.sh"))).gives("");
        assert_eq!(sandbox.runs(), runs);
        sandbox.sh(&COMPARE.replace("CALL", &format!("{options} ./s.sh"))).gives("");
        assert_eq!(sandbox.runs(), runs);
        sandbox.age(100);
    }
}

#[test]
fn if_the_leader_is_held_up_one_follower_runs_for_all() {
    let sandbox = sandbox("seq 300000");
    // Nothing reads its output.
    let leader = spawn(&sandbox, "./s.sh");
    wait_for_start(&sandbox);
    let follower = |_| {
        let mut call = sandbox.cachex("-v ./s.sh");
        call.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        call.command.spawn().expect("started")
    };
    let mut followers: Vec<Child> = (0..8).map(follower).collect();
    followers.iter_mut().for_each(wait_until_waiting);
    for run in 1..=2 {
        wait_for_runs(&sandbox, run);
        sandbox.go();
    }
    for mut follower in followers {
        assert!(follower.wait().expect("ended").success());
    }
    assert_eq!(sandbox.runs(), 2);
    assert_eq!(end(leader).1, Some(0));
}

#[test]
fn followers_do_not_wait_for_a_stopped_leader() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    let body = "mkdir first 2>/dev/null && { echo $$ > started; read x < go; }; echo result";
    sandbox.script("s.sh", body);
    let (leader, follower) = leader_and_follower(&sandbox);
    send(Signal::TSTP, &leader);
    assert_eq!(end(follower), ("result\n".to_owned(), Some(0)));
    send(Signal::CONT, &leader);
    sandbox.go();
    assert_eq!(end(leader), ("result\n".to_owned(), Some(0)));
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn followers_of_a_second_leader_that_stored_nothing_run_side_by_side() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go go.second").gives("");
    // A second leader runs alone while the first one is stopped.
    sandbox.script(
        "s.sh",
        "mkdir first 2>/dev/null && { echo $$ > started; read x < go; exit 1; }
         mkdir second 2>/dev/null && { read x < go.second; exit 1; }
         echo >> arrived; until [ \"$(wc -l < arrived)\" -ge 3 ]; do sleep 0.01; done; exit 1",
    );
    let call = "-v --discard-failures ./s.sh";
    let leader = spawn(&sandbox, call);
    wait_for_start(&sandbox);
    let waits = |count| {
        let said = "cat err.* 2>/dev/null | grep -c 'waiting for another run'";
        sandbox.sh(&format!("until test $({said}) -ge {count}; do sleep 0.01; done")).gives("");
    };
    let follower = |number| {
        let mut call = sandbox.sh(&format!("exec cachex {call} 2> err.{number}"));
        call.command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("started")
    };
    let followers = [1, 2, 3, 4].map(follower);
    waits(4);
    send(Signal::TSTP, &leader);
    waits(4 + 3);
    std::fs::write(sandbox.dir.join("go.second"), "\n").expect("written");
    for follower in followers {
        assert_eq!(end(follower).1, Some(1));
    }
    send(Signal::CONT, &leader);
    sandbox.go();
    assert_eq!(end(leader), (String::new(), Some(1)));
    assert_eq!(sandbox.runs(), 5);
}

#[test]
fn a_nested_caller_waits_only_for_a_key_above_those_around_it() {
    const BELOW_ALL: &str = "0000000000000000";
    const ABOVE_ALL: &str = "ffffffffffffffff";
    for (around, waits) in [(BELOW_ALL, true), (ABOVE_ALL, false)] {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        let body = "mkdir first 2>/dev/null && { echo $$ > started; read x < go; }; echo result";
        sandbox.script("s.sh", body);
        let leader = spawn(&sandbox, "./s.sh");
        wait_for_start(&sandbox);
        let mut inside = sandbox.cachex("-v ./s.sh").env("CACHEX_ACTIVE", around).spawn();
        if waits {
            wait_until_waiting(&mut inside);
            sandbox.go();
        }
        assert_eq!(end(inside), ("result\n".to_owned(), Some(0)));
        if !waits {
            sandbox.go();
        }
        assert_eq!(end(leader), ("result\n".to_owned(), Some(0)));
        assert_eq!(sandbox.runs(), if waits { 1 } else { 2 });
    }
}

#[test]
fn a_leader_that_falls_back_frees_its_followers_before_it_replays() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo a b").gives("");
    sandbox.script("s.sh", "test -e bad && exit 1; seq 300000");
    let options = "-q --ttl 1m --stale-if-error 1h";
    sandbox.in_background(&format!("{options} ./s.sh")).output();
    sandbox.write("bad", "");
    sandbox.age(100);
    sandbox.sh(&COMPARE.replace("CALL", &format!("{options} ./s.sh"))).gives("");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_run_whose_entry_is_cleared_by_number_in_flight_is_not_stored() {
    for (first, second, clear, stored) in [
        ("--scope mine", "--scope mine", "clear 1", 0),
        ("--ignore-arg=-j*", "--ignore-arg=-j*", "clear 1", 0),
        ("--scope mine", "--scope other", "clear 1", 1),
        ("--scope mine", "--scope mine", "clear 7", 1),
    ] {
        let sandbox = sandbox("echo result");
        let begin = |options: &str| {
            let _ = fs::remove_file(sandbox.dir.join("started"));
            let call = spawn(&sandbox, &format!("--refresh {options} ./s.sh a -j1"));
            wait_for_start(&sandbox);
            call
        };
        let end = |call: Child| {
            sandbox.go();
            assert!(call.wait_with_output().expect("ended").status.success());
        };
        end(begin(first));
        let call = begin(second);
        sandbox.cachex(clear).output();
        end(call);
        assert_eq!(sandbox.entries().len(), stored, "{first}, {second}, {clear}");
    }
}

#[test]
fn a_run_that_is_cleared_in_flight_is_not_stored() {
    for (clear, stored) in [
        ("clear", 0),
        ("clear -- ./s.sh", 0),
        ("clear -- ./s.sh a", 0),
        ("clear -- ./s.sh b", 1),
        ("clear -- ./other", 1),
        ("clear --exact -- ./s.sh", 1),
        ("clear --exact -- ./s.sh a", 0),
        ("clear --prefix -- ./s.sh", 0),
        ("clear --prefix -- ./s.sh a", 0),
        ("clear --prefix -- ./s.sh b", 1),
        ("clear --scope mine", 0),
        ("clear --scope mine -- ./s.sh", 0),
        ("clear --scope other", 1),
        ("clear --scope other -- ./s.sh a", 1),
        ("clear --expired", 1),
        ("clear --older-than 1h -- ./s.sh", 1),
        ("clear --dry-run", 1),
    ] {
        let sandbox = sandbox("echo result");
        let call = spawn(&sandbox, "-v --scope mine ./s.sh a");
        wait_for_start(&sandbox);
        let verb = if clear.ends_with("--dry-run") { "would remove" } else { "removed" };
        sandbox.cachex(clear).gives(format!("{verb} nothing\n"));
        sandbox.go();
        let output = call.wait_with_output().expect("ended");
        assert_eq!(output.stdout, b"result\n");
        let entries = sandbox.entries();
        assert_eq!(entries.len(), stored, "{clear}");
        let stderr = output.stderr_text();
        assert_eq!(stderr.contains("cleared while it ran"), stored == 0, "{stderr}");
    }
}

#[test]
fn the_same_call_twice_in_a_pipeline_does_not_deadlock() {
    let sandbox = Sandbox::new();
    let bare = sandbox.sh("seq 200000").output().stdout;
    for _ in 0..2 {
        sandbox.sh("seq 200000 | cachex cat | cachex cat | cachex cat").gives(&bare);
    }
}
