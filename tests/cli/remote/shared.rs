//! What one machine has run another need not run.

use super::machine::{checkout, script, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Texts as _, wait_until};
use std::fs;
use std::path::Path;

#[test]
fn another_checkout_on_another_machine_replays_the_result() {
    let (server, one, other) =
        (Server::new(), checkout("echo out; echo err >&2"), checkout("echo out; echo err >&2"));
    sharing(&one, &server, "./s.sh").ends("out\n", "err\n", 0);
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 1);
    sharing(&other, &server, "./s.sh").ends("out\n", "err\n", 0);
    assert_eq!((one.runs(), other.runs()), (1, 0));
    // From now on it is a hit like any other.
    let asked = server.requests("GET");
    sharing(&other, &server, "./s.sh").ends("out\n", "err\n", 0);
    assert_eq!(server.requests("GET"), asked);
}

#[test]
fn nothing_is_shared_that_was_not_asked_for() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").without_env("CACHEX_SHARE").gives("out\n");
    sharing(&one, &server, "--remote-mode off ./s.sh a").gives("out\n");
    sharing(&one, &server, "--remote-mode read ./s.sh b").gives("out\n");
    sharing(&one, &server, "--remote-min-time 1h ./s.sh c").gives("out\n");
    assert_eq!((server.requests("PUT"), server.requests("GET")), (0, 2));
}

#[test]
fn other_words_files_variables_and_epochs_are_other_results() {
    let (server, one, other) = (Server::new(), checkout("cat x"), checkout("cat x"));
    one.write("x", "1");
    other.write("x", "2");
    sharing(&one, &server, "--file x ./s.sh").gives("1");
    wait_until_pushed(&one);
    sharing(&other, &server, "--file x ./s.sh").gives("2");
    other.write("x", "1");
    sharing(&other, &server, "--file x ./s.sh a").gives("1");
    sharing(&other, &server, "--file x --remote-epoch 2 ./s.sh").gives("1");
    assert_eq!(other.runs(), 3);
    other.cachex("clear").output();
    assert_eq!(other.runs(), 3);
}

#[test]
fn many_files_in_the_project_are_the_same_in_each_checkout() {
    let (server, one, other) = (Server::new(), checkout("cat in/*"), checkout("cat in/*"));
    let names: Vec<_> = (1..=20).map(|number| format!("in/{number}")).collect();
    let call = format!("./s.sh {}", names.join(" "));
    for machine in [&one, &other] {
        for name in &names {
            machine.write(name, "x");
        }
    }
    sharing(&one, &server, &call).gives("x".repeat(20));
    wait_until_pushed(&one);
    sharing(&other, &server, &call).gives("x".repeat(20));
    assert_eq!((one.runs(), other.runs()), (1, 0));
}

#[test]
fn a_call_from_outside_a_project_shares_nothing() {
    let (server, one) = (Server::new(), checkout("echo out"));
    fs::remove_dir(one.dir.join(".git")).expect("removed");
    let told = sharing(&one, &server, "-v ./s.sh").tells("out\n", 0);
    assert!(told.contains("not shared") && told.contains(".git"), "{told}");
    assert_eq!(server.requests(""), 0);
}

#[test]
fn output_that_names_a_place_of_the_machine_stays_there() {
    let (server, one) = (Server::new(), checkout("pwd; echo \"$HOME/x\" >&2"));
    let here = one.dir.display();
    let told = sharing(&one, &server, "-v ./s.sh").tells(format!("{here}\n"), 0);
    assert!(told.contains("not shared: its output names"), "{told}");
    assert_eq!(server.requests("PUT"), 0);
}

#[test]
fn a_clearing_does_not_bring_the_old_result_back() {
    let (server, one) = (Server::new(), checkout("cat x"));
    one.write("x", "old");
    sharing(&one, &server, "./s.sh").gives("old");
    wait_until_pushed(&one);
    one.write("x", "new");
    one.cachex("clear -- ./s.sh").tells("removed 1 entry (3B)\n", 0);
    sharing(&one, &server, "./s.sh").gives("new");
    wait_until_pushed(&one);
    let other = checkout("cat x");
    sharing(&other, &server, "./s.sh").gives("new");
}

#[test]
fn an_expired_result_does_not_block_its_renewal() {
    let (server, one) = (Server::new(), checkout("cat x"));
    one.write("x", "old");
    sharing(&one, &server, "./s.sh").gives("old");
    wait_until_pushed(&one);
    let other = checkout("cat x");
    other.write("x", "new");
    wait_until("a second has gone by", || {
        let output = sharing(&other, &server, "--ttl 1s ./s.sh").output();
        if output.stdout_text() == "new" {
            return true;
        }
        other.cachex("clear --older-than 0s").output();
        false
    });
    wait_until_pushed(&other);
    let third = checkout("cat x");
    sharing(&third, &server, "./s.sh").gives("new");
}

#[test]
fn forty_callers_ask_once() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    let asked = server.requests("GET");
    let calls: Vec<_> = (0..40).map(|_| sharing(&other, &server, "./s.sh").spawn()).collect();
    for call in calls {
        assert_eq!(call.wait_with_output().expect("waited for").stdout_text(), "out\n");
    }
    assert_eq!((server.requests("GET") - asked, other.runs()), (1, 0));
}

#[test]
fn files_that_a_command_writes_travel_too() {
    let body = "mkdir -p out/a; echo 1 > out/a/x; echo 2 > out/y; ln -s y out/z; chmod 755 out/y; echo done";
    let (server, one, other) = (Server::new(), checkout(body), checkout(body));
    sharing(&one, &server, "--output out ./s.sh").gives("done\n");
    wait_until_pushed(&one);
    sharing(&other, &server, "--output out ./s.sh").gives("done\n");
    assert_eq!(other.runs(), 0);
    assert_eq!((other.read("out/a/x"), other.read("out/z")), ("1\n".into(), "2\n".into()));
    other.program("test", &["-x", "out/y"]).gives("");
}

#[test]
fn long_output_travels_whole() {
    let body = "i=0; while [ $i -lt 3000 ]; do printf '%1000d\\n' $i; i=$((i+1)); done";
    let (server, one, other) = (Server::new(), checkout(body), checkout(body));
    let bare = one.sh("./s.sh").output();
    sharing(&one, &server, "./s.sh").gives(&bare.stdout);
    wait_until_pushed(&one);
    sharing(&other, &server, "./s.sh").gives(&bare.stdout);
    assert_eq!(other.runs(), 0);
}

#[test]
fn input_that_is_read_at_once_decides() {
    let (server, one, other) = (Server::new(), checkout("cat"), checkout("cat"));
    sharing(&one, &server, "--stdin ./s.sh").stdin("3").gives("3");
    wait_until_pushed(&one);
    sharing(&other, &server, "--stdin ./s.sh").stdin("4").gives("4");
    sharing(&other, &server, "--stdin ./s.sh").stdin("3").gives("3");
    assert_eq!(other.runs(), 1);
}

#[test]
fn a_script_that_differs_is_another_command() {
    let (server, one, other) = (Server::new(), checkout("echo 1"), checkout("echo 1"));
    sharing(&one, &server, "./s.sh").gives("1\n");
    wait_until_pushed(&one);
    script(&other, "echo 2");
    sharing(&other, &server, "./s.sh").gives("2\n");
}

#[test]
fn the_path_of_a_project_may_look_like_a_glob() {
    let (server, sandbox) = (Server::new(), checkout("cat src/? data"));
    let project = |name: &str| {
        let directory = sandbox.dir.join(name);
        fs::create_dir_all(directory.join(".git")).expect("made");
        fs::create_dir(directory.join("src")).expect("made");
        fs::copy(sandbox.dir.join("s.sh"), directory.join("s.sh")).expect("copied");
        let config = "file = ['src/*', 'data']\n";
        for (file, text) in [(".cachex.toml", config), ("src/a", "a"), ("data", "b")] {
            fs::write(directory.join(file), text).expect("written");
        }
        sandbox.trust(&directory);
        directory
    };
    let call = |directory: &Path, store: &str| {
        sharing(&sandbox, &server, "./s.sh").env("CACHEX_CACHE_DIR", store).in_dir(directory)
    };
    let [first, second, third] = ["plain", "[x]", "a*"].map(project);
    call(&first, "own").gives("ab");
    wait_until("it is pushed", || server.objects().len() == 1);
    for directory in [&second, &third] {
        call(directory, "own").gives("ab");
        assert!(!directory.join("ran").exists(), "{}", directory.display());
    }
}

#[test]
fn globs_of_a_project_file_match_the_same_files_in_each_checkout() {
    let machine = |name: &str| {
        let sandbox = checkout("cat src/?");
        sandbox.write(".cachex.toml", "file = [\"src/**\"]");
        fs::create_dir_all(sandbox.dir.join("src/deep")).expect("made");
        sandbox.write(&format!("src/{name}"), "one\n");
        sandbox
    };
    let (server, one, other, third) = (Server::new(), machine("a"), machine("a"), machine("b"));
    for sandbox in [&one, &other, &third] {
        sandbox.trust(&sandbox.dir);
    }
    let call = |sandbox| sharing(sandbox, &server, "./s.sh").gives("one\n");
    call(&one);
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 1);
    call(&other);
    assert_eq!(other.runs(), 0);
    // A glob knows its files by their names.
    call(&third);
    other.write("src/deep/x", "one\n");
    call(&other);
    assert_eq!((other.runs(), third.runs()), (1, 1));
}
