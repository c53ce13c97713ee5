//! Each option for sharing does what it says: a test fails if its value were ignored.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _};
use std::thread;
use std::time::Duration;

/// A machine whose file `x` has this content, which its command prints.
fn machine(content: &str) -> Sandbox {
    let sandbox = checkout("cat x");
    sandbox.write("x", content);
    sandbox
}

/// A call without this setting.
fn without(call: Call, option: &str) -> Call {
    call.without_env(&format!("CACHEX_REMOTE_{option}"))
}

/// The result of one more machine. Its own is `none`.
fn found(server: &Server, words: &str) -> String {
    sharing(&machine("none"), server, words).output().stdout_text()
}

/// Runs a command, whose result is given if that is allowed.
fn give(server: &Server, content: &str, words: &str) {
    let sandbox = machine(content);
    sharing(&sandbox, server, words).gives(content);
    wait_until_pushed(&sandbox);
}

#[test]
fn a_mode_says_who_asks_and_who_gives() {
    for (mode, asks, gives) in [
        ("off", false, false),
        ("read", true, false),
        ("write", false, true),
        ("read-write", true, true),
    ] {
        let (server, one) = (Server::new(), machine("1"));
        sharing(&one, &server, &format!("--remote-mode {mode} ./s.sh")).gives("1");
        if gives {
            wait_until_pushed(&one);
        }
        assert_eq!(server.requests("GET") > 0, asks, "{mode}");
        assert_eq!(server.objects().len(), usize::from(gives), "{mode}");
    }
    let (server, one) = (Server::new(), machine("1"));
    without(sharing(&one, &server, "./s.sh"), "MODE").gives("1");
    assert_eq!((server.requests("GET"), server.requests("PUT")), (1, 0));
}

#[test]
fn a_result_has_to_be_worth_its_way() {
    let server = Server::new();
    let (quick, slow) = (machine("1"), checkout("sleep 1.1; cat x"));
    slow.write("x", "1");
    // A second, unless something else is said.
    without(sharing(&slow, &server, "./s.sh"), "MIN_TIME").gives("1");
    wait_until_pushed(&slow);
    assert_eq!(server.objects().len(), 1);
    sharing(&slow, &server, "--remote-min-time 1h ./s.sh a").gives("1");
    sharing(&quick, &server, "--remote-min-time 1h ./s.sh b").gives("1");
    assert_eq!(server.objects().len(), 1);
    sharing(&quick, &server, "--remote-min-time 0 ./s.sh c").gives("1");
    wait_until_pushed(&quick);
    assert_eq!(server.objects().len(), 2);
}

#[test]
fn results_are_found_in_each_namespace_in_the_order_of_the_list() {
    let server = Server::new();
    for (namespace, word) in [("dev", "a"), ("old", "b"), ("dev", "c"), ("old", "c"), ("own", "d")]
    {
        give(&server, namespace, &format!("--remote-namespace {namespace} ./s.sh {word}"));
    }
    let in_own = |name: &str| name.contains("/v1/own/");
    assert_eq!(server.objects().keys().filter(|name| in_own(name)).count(), 1);
    for (options, words, expected) in [
        ("--remote-read dev,old", "a", "dev"),
        ("--remote-read dev,old", "b", "old"),
        ("--remote-read dev --remote-read old", "b", "old"),
        ("--remote-read dev,old", "c", "dev"),
        ("--remote-read old,dev", "c", "old"),
        ("--remote-read old", "a", "none"),
        ("", "a", "none"),
        ("--remote-namespace own --remote-read old", "d", "own"),
    ] {
        let call = format!("--remote-mode read {options} ./s.sh {words}");
        assert_eq!(found(&server, &call), expected, "{call}");
    }
}

#[test]
fn machines_of_one_platform_share() {
    let server = Server::new();
    give(&server, "by name", "--remote-platform builder ./s.sh");
    let reads = |options: &str| found(&server, &format!("--remote-mode read {options} ./s.sh"));
    assert_eq!(reads("--remote-platform builder"), "by name");
    assert_eq!(reads("--remote-platform other"), "none");
    assert_eq!(reads(""), "none");
}

#[test]
fn calls_of_one_epoch_share() {
    let server = Server::new();
    give(&server, "first", "./s.sh");
    give(&server, "second", "--remote-epoch 2 ./s.sh");
    let reads = |options: &str| found(&server, &format!("--remote-mode read {options} ./s.sh"));
    assert_eq!(reads(""), "first");
    assert_eq!(reads("--remote-epoch 2"), "second");
    assert_eq!(reads("--remote-epoch 3"), "none");
}

#[test]
fn a_remote_gets_the_time_that_it_is_given() {
    let (server, one) = (Server::new(), machine("none"));
    give(&server, "1", "./s.sh");
    server.hold(Some("GET"));
    // Longer than the usual two seconds.
    let patient = sharing(&one, &server, "--remote-timeout 60s ./s.sh").spawn();
    thread::sleep(Duration::from_millis(2500));
    server.hold(None);
    assert_eq!(patient.wait_with_output().expect("waited for").stdout_text(), "1");
    server.hold(Some("GET"));
    // With the sixty seconds of the variable it would outlast this test.
    let two = machine("2");
    let told = sharing(&two, &server, "--remote-timeout 500ms ./s.sh").tells("2", 0);
    assert!(told.contains("too slow"), "{told}");
    server.hold(None);
}

#[test]
fn results_in_another_language_or_time_zone_are_others() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    for name in ["LANG", "LANGUAGE", "LC_MESSAGES", "TZ"] {
        let other = checkout("echo out");
        sharing(&other, &server, "./s.sh").env(name, "other").gives("out\n");
        assert_eq!(other.runs(), 1, "{name}");
    }
    let other = checkout("echo out");
    sharing(&other, &server, "./s.sh").gives("out\n");
    assert_eq!(other.runs(), 0);
}
