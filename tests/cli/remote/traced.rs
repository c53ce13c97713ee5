//! Results of traced runs: found by what their runs have read, whatever machine they ran on.

use super::machine::{checkout, script, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _, wait_until};
use std::fs;
use std::path::Path;

const TRACED: &str = "--trace --trace-ignore ran -v";

/// Calls `s.sh`, and says what came of it.
#[track_caller]
fn calls(sandbox: &Sandbox, server: &Server, options: &str, stdout: &str) -> String {
    let words = format!("{TRACED} {options} ./s.sh");
    told_by(sandbox, stdout, || sharing(sandbox, server, &words))
}

/// What came of a call. A signal may come between two steps of the kernel, such as the one at the end of
/// every child of a shell. Such a run is not stored, so it is repeated.
#[track_caller]
fn told_by(sandbox: &Sandbox, stdout: &str, call: impl Fn() -> Call) -> String {
    for _ in 0..5 {
        let output = call().output();
        let told = output.stderr_text();
        assert_eq!(output.stdout_text(), stdout, "{told}");
        assert_eq!(output.status.code(), Some(0));
        if !told.contains("a signal interrupted a call") {
            wait_until_pushed_or_nothing(sandbox);
            return told;
        }
    }
    panic!("each run was interrupted");
}

fn wait_until_pushed_or_nothing(sandbox: &Sandbox) {
    if sandbox.store_dir().join("outbox").exists() {
        wait_until_pushed(sandbox);
    }
}

#[track_caller]
fn runs(sandbox: &Sandbox, server: &Server, stdout: &str) {
    let told = calls(sandbox, server, "", stdout);
    assert!(told.contains("shared: it waits"), "{told}");
}

#[track_caller]
fn hits(sandbox: &Sandbox, server: &Server, stdout: &str) {
    let told = calls(sandbox, server, "", stdout);
    assert!(told.contains("remote: hit"), "{told}");
}

#[track_caller]
fn hits_locally(sandbox: &Sandbox, server: &Server, stdout: &str) {
    let asked = server.requests("GET");
    let told = calls(sandbox, server, "", stdout);
    assert!(told.contains("hit: stored"), "{told}");
    assert_eq!(server.requests("GET"), asked);
}

#[track_caller]
fn misses(sandbox: &Sandbox, server: &Server, stdout: &str) {
    let told = calls(sandbox, server, "", stdout);
    assert!(told.contains("remote: miss"), "{told}");
}

/// Two checkouts of one project with the file `lib.sh`.
fn two(body: &str) -> [Sandbox; 2] {
    [0, 1].map(|_| {
        let sandbox = checkout(body);
        sandbox.write("lib.sh", "echo one");
        sandbox
    })
}

#[test]
fn a_traced_result_is_found_in_another_checkout() {
    let (server, [one, other]) = (Server::new(), two(". ./lib.sh; cat none 2>/dev/null; ls d"));
    for sandbox in [&one, &other] {
        fs::create_dir(sandbox.dir.join("d")).expect("made");
    }
    let quietly = |sandbox: &Sandbox| calls(sandbox, &server, "--trace-times ignore", "one\n");
    assert!(quietly(&one).contains("shared: it waits"));
    assert_eq!(server.objects().len(), 2);
    let asked = server.requests("GET");
    let told = quietly(&other);
    assert!(told.contains("remote: hit"), "{told}");
    assert_eq!((server.requests("GET") - asked, other.runs()), (2, 0));
    // From now on it is a hit like any other, and looked after like any other.
    let told = quietly(&other);
    assert!(told.contains("hit: stored"), "{told}");
    assert_eq!(server.requests("GET") - asked, 2);
    other.write("d/new", "");
    let told = calls(&other, &server, "--trace-times ignore", "one\nnew\n");
    assert!(told.contains("remote: miss"), "{told}");
}

#[test]
fn a_file_that_nobody_declared_is_not_replayed_for_another_one() {
    let (server, [one, other]) = (Server::new(), two(". ./lib.sh"));
    runs(&one, &server, "one\n");
    other.write("lib.sh", "echo two");
    misses(&other, &server, "two\n");
    assert_eq!((one.runs(), other.runs()), (1, 1));
}

#[test]
fn results_of_several_branches_stay_within_reach() {
    let (server, [one, other]) = (Server::new(), two(". ./lib.sh"));
    runs(&one, &server, "one\n");
    one.write("lib.sh", "echo two");
    runs(&one, &server, "two\n");
    hits(&other, &server, "one\n");
    other.write("lib.sh", "echo two");
    hits(&other, &server, "two\n");
    for (text, stdout) in [("echo one", "one\n"), ("echo two", "two\n")] {
        other.write("lib.sh", text);
        hits_locally(&other, &server, stdout);
    }
    assert_eq!(other.runs(), 0);
}

#[test]
fn machines_whose_runs_ask_for_other_files_do_not_get_in_each_others_way() {
    let server = Server::new();
    let machine = |option: Option<&str>| {
        let sandbox = checkout("cat option 2>/dev/null && cat extra; . ./lib.sh");
        sandbox.write("lib.sh", "echo one");
        sandbox.write("extra", "extra ");
        if let Some(option) = option {
            sandbox.write("option", option);
        }
        sandbox
    };
    runs(&machine(None), &server, "one\n");
    misses(&machine(Some("x ")), &server, "x extra one\n");
    misses(&machine(Some("y ")), &server, "y extra one\n");
    for (option, stdout) in
        [(None, "one\n"), (Some("x "), "x extra one\n"), (Some("y "), "y extra one\n")]
    {
        let asked = server.requests("GET");
        hits(&machine(option), &server, stdout);
        assert_eq!(server.requests("GET") - asked, 2);
    }
    let other = machine(Some("x "));
    other.write("extra", "other ");
    misses(&other, &server, "x other one\n");
}

#[test]
fn files_that_a_traced_run_wrote_come_along() {
    let (server, [one, other]) =
        (Server::new(), two("mkdir -p out; . ./lib.sh > out/x; echo done"));
    let told = calls(&one, &server, "--outputs", "done\n");
    assert!(told.contains("shared: it waits"), "{told}");
    let told = calls(&other, &server, "--outputs", "done\n");
    assert!(told.contains("remote: hit"), "{told}");
    assert_eq!((other.runs(), other.read("out/x")), (0, "one\n".into()));
}

#[test]
fn a_file_at_home_counts_as_that_of_the_reader() {
    let (server, [one, other]) = (Server::new(), two("cat ~/settings"));
    one.write("../settings", "same");
    other.write("../settings", "same");
    runs(&one, &server, "same");
    hits(&other, &server, "same");
    other.write("../settings", "other");
    misses(&other, &server, "other");
}

#[test]
fn a_file_that_names_the_project_leads_to_that_one_only() {
    let (server, [one, other]) = (Server::new(), two("cat \"$(cat where)\""));
    let place = one.dir.join("lib.sh");
    for sandbox in [&one, &other] {
        sandbox.write("where", place.to_str().expect("UTF-8"));
    }
    runs(&one, &server, "echo one");
    one.write("lib.sh", "echo two");
    // Its own file with that name is not the one that it reads.
    misses(&other, &server, "echo two");
}

#[test]
fn what_lies_beside_a_project_makes_its_place_count() {
    let (server, [one, other]) = (Server::new(), two("cat ../shared 2>/dev/null; echo done"));
    let deep = other.dir.join("deep");
    fs::create_dir_all(deep.join(".git")).expect("made");
    fs::copy(other.dir.join("s.sh"), deep.join("s.sh")).expect("copied");
    runs(&one, &server, "done\n");
    hits(&other, &server, "done\n");
    let call = sharing(&other, &server, &format!("{TRACED} ./s.sh")).in_dir(&deep);
    let told = call.tells("done\n", 0);
    assert!(!told.contains("remote: hit"), "{told}");
}

#[test]
fn what_is_left_out_of_a_trace_may_lie_beside_the_project_or_below_a_path_like_a_glob() {
    let (server, [one, other]) = (Server::new(), two("cat log.x log ../runs/r >&2; echo done"));
    let project = |sandbox: &Sandbox, name: &str| {
        let directory = sandbox.dir.join("deep").join(name);
        let runs = directory.parent().expect("a parent").join("runs");
        for made in [directory.join(".git"), runs.clone()] {
            fs::create_dir_all(made).expect("made");
        }
        fs::copy(sandbox.dir.join("s.sh"), directory.join("s.sh")).expect("copied");
        for file in [directory.join("log.x"), directory.join("log"), runs.join("r")] {
            fs::write(file, name).expect("written");
        }
        let ignored = "trace-ignore = ['*.x', 'log', 'ran', '../runs']\n";
        fs::write(directory.join(".cachex.toml"), ignored).expect("written");
        sandbox.trust(&directory);
        directory
    };
    let told = |sandbox: &Sandbox, directory: &Path| {
        let call = || sharing(sandbox, &server, "-v --trace ./s.sh").in_dir(directory);
        told_by(sandbox, "done\n", call)
    };
    let (first, second) = (project(&one, "plain"), project(&other, "other/[x]"));
    let ran = told(&one, &first);
    assert!(ran.contains("shared: it waits"), "{ran}");
    let hit = told(&other, &second);
    assert!(hit.contains("remote: hit"), "{hit}");
}

#[test]
fn an_expired_traced_result_does_not_block_its_renewal() {
    let server = Server::new();
    let machine = |state: &str| {
        let sandbox = checkout("cat state");
        sandbox.write("state", state);
        sandbox
    };
    let (one, other, third) = (machine("old"), machine("new"), machine("newest"));
    let options = "--trace-ignore state";
    assert!(calls(&one, &server, options, "old").contains("shared: it waits"));
    wait_until("it has expired", || {
        let words = format!("{TRACED} {options} --ttl 1s ./s.sh");
        let told = sharing(&other, &server, &words).output().stderr_text();
        if told.contains("shared: it waits") {
            return true;
        }
        other.cachex("clear --older-than 0s").output();
        false
    });
    wait_until_pushed(&other);
    assert!(calls(&third, &server, options, "new").contains("remote: hit"));
}

#[test]
fn a_script_that_differs_is_another_traced_command() {
    let (server, [one, other]) = (Server::new(), two(". ./lib.sh"));
    runs(&one, &server, "one\n");
    script(&other, ". ./lib.sh; echo more");
    misses(&other, &server, "one\nmore\n");
}

#[test]
fn a_traced_result_that_was_cleared_for_all_machines_does_not_come_back() {
    let server = Server::new();
    let machine = |state: &str| {
        let sandbox = checkout("cat state");
        sandbox.write("state", state);
        sandbox
    };
    // The verb knows no options of calls.
    let traced = |sandbox: &Sandbox, words| {
        let call = sharing(sandbox, &server, words);
        call.env("CACHEX_TRACE", "1").env("CACHEX_TRACE_IGNORE", "*a*")
    };
    let runs = |state, stdout| {
        let sandbox = machine(state);
        (told_by(&sandbox, stdout, || traced(&sandbox, "-v ./s.sh")), sandbox)
    };
    let (told, one) = runs("wrong", "wrong");
    assert!(told.contains("shared: it waits"), "{told}");
    let told = traced(&one, "clear --remote -- ./s.sh").output().stdout_text();
    assert!(told.contains("on the remote: cleared 1 result"), "{told}");
    // The marker is gone, and of what it led to nothing counts when there is a new one.
    let (told, _) = runs("right", "right");
    assert!(told.contains("shared: it waits"), "{told}");
    // Engines tell the time in seconds: a result of the first second counts as cleared too.
    wait_until("a new result counts", || runs("right", "right").0.contains("remote: hit"));
}
