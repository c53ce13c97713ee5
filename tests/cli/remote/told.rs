//! What `-v` says of a remote: one line on what came of it, or why it was not asked.

use super::failing::nobody;
use super::machine::{checkout, sharing, sharing_by, wait_until_pushed};
use super::server::Server;
use crate::harness::Sandbox;

/// The lines about the remote that a call tells.
fn told(call: crate::harness::Call) -> Vec<String> {
    let told = call.tells("out\n", 0);
    let lines = told.lines().filter_map(|line| line.strip_prefix("cachex: "));
    lines.filter(|line| line.starts_with("remote: ")).map(str::to_owned).collect()
}

#[test]
fn a_hit_and_a_miss_are_told_in_one_line() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    assert_eq!(told(sharing(&one, &server, "-v ./s.sh")), ["remote: miss"]);
    wait_until_pushed(&one);
    let lines = told(sharing(&other, &server, "-v ./s.sh"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("remote: hit: recorded ") && lines[0].ends_with(" ago"));
    assert_eq!(told(sharing(&other, &server, "-v ./s.sh")), [""; 0], "a local hit");
}

#[test]
fn a_result_that_is_of_no_use_is_told_with_the_reason() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    server.change(|object| object[60] ^= 1);
    let lines = told(sharing(&other, &server, "-v ./s.sh"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("remote: miss: what the remote has is refused: "), "{lines:?}");
}

#[test]
fn the_reason_why_nobody_is_asked_is_told() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let not_asked = |words: &str, mode: &str| {
        let call = sharing(&one, &server, words).env("CACHEX_REMOTE_MODE", mode);
        let lines = told(call);
        let [line] = &lines[..] else { panic!("{words}: {lines:?}") };
        line.strip_prefix("remote: not asked: ").unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    assert_eq!(not_asked("-v --refresh ./s.sh", "read"), "--refresh is set");
    assert_eq!(not_asked("-v --ttl 0 ./s.sh a", "read"), "--ttl is 0");
    assert_eq!(not_asked("-v ./s.sh b", "write"), "--remote-mode is write");
    assert_eq!(not_asked("-v --no-store ./s.sh c", "read"), "its result would not be stored");
    assert_eq!(server.requests("GET"), 0);
    let off = sharing(&one, &server, "-v ./s.sh d").env("CACHEX_REMOTE_MODE", "off");
    assert_eq!(told(off), [""; 0]);
}

fn outage() -> (String, Sandbox) {
    let (url, one) = (nobody(), checkout("echo out"));
    sharing_by(&one, &url, "./s.sh").warns("out\n", "cannot be reached");
    (url, one)
}

#[test]
fn a_remote_that_is_left_alone_is_told_with_the_time_that_is_left() {
    let (url, one) = outage();
    let lines = told(sharing_by(&one, &url, "-v ./s.sh a"));
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.starts_with("remote: not asked: it is left alone for another "), "{line}");
    assert!(line.ends_with("s, after a fault"), "{line}");
}

#[test]
fn settings_that_keep_a_result_from_being_shared_are_told() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let not_shared = |call: crate::harness::Call| {
        let told = call.tells("out\n", 0);
        let lines = told.lines().filter_map(|line| line.strip_prefix("cachex: not shared: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let call = |words: &str| sharing(&one, &server, words);
    let unset = call("-v ./s.sh a").without_env("CACHEX_SHARE");
    assert_eq!(not_shared(unset), ["--share is not set"]);
    let [reason] = &not_shared(call("-v ./s.sh b").without_env("CACHEX_REMOTE"))[..] else {
        panic!("one line");
    };
    assert!(reason.starts_with("no remote is set: "), "{reason}");
    let off = call("-v ./s.sh c").env("CACHEX_REMOTE_MODE", "off");
    assert_eq!(not_shared(off), ["--remote-mode is off"]);
    // A hit needs nobody, and most calls have nothing to do with sharing.
    assert_eq!(not_shared(call("-v ./s.sh a").without_env("CACHEX_SHARE")), [""; 0]);
    assert_eq!(not_shared(one.cachex("-v ./s.sh d")), [""; 0]);
    call("./s.sh e").without_env("CACHEX_SHARE").gives("out\n");
}
