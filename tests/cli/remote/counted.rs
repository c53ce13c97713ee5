//! `stats`: what calls and pushes had of a remote.

use super::failing::{nobody, saying};
use super::machine::{checkout, sharing, sharing_by, wait_until_pushed};
use super::server::Server;
use crate::harness::{Sandbox, Texts as _, am_root, set_mode};
use serde_json::{Value, json};

fn stats(sandbox: &Sandbox) -> Value {
    serde_json::from_slice(&sandbox.cachex("stats --json").output().stdout).expect("JSON")
}

/// The counters of the remote with these names.
fn counts<const N: usize>(sandbox: &Sandbox, names: [&str; N]) -> [u64; N] {
    let remote = &stats(sandbox)["remote"];
    names.map(|name| remote[name].as_u64().unwrap_or_else(|| panic!("{name} in {remote}")))
}

const ENDS: [&str; 5] = ["hits", "misses", "faults", "refused", "pushed"];

#[test]
fn a_remote_that_was_never_used_is_not_told_of() {
    let (server, one) = (Server::new(), checkout("echo out"));
    one.cachex("./s.sh").gives("out\n");
    one.cachex("./s.sh").gives("out\n");
    sharing(&one, &server, "./s.sh").gives("out\n");
    assert_eq!(server.requests(""), 0, "a local hit knows no remote");
    assert_eq!(stats(&one).get("remote"), None);
    for words in ["stats", "stats --markdown"] {
        let told = one.cachex(words).output().stdout_text();
        assert!(!told.contains("remote"), "{told}");
    }
}

#[test]
fn hits_misses_and_pushes_are_counted_with_their_bytes_and_times() {
    let body = "sleep 0.3; echo out";
    let (server, one, other) = (Server::new(), checkout(body), checkout(body));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    assert_eq!(counts(&one, ENDS), [0, 1, 0, 0, 1]);
    let length = server.objects().into_values().next().expect("an object").len() as u64;
    let bytes = ["received_bytes", "sent_bytes"];
    assert_eq!(counts(&one, bytes), [0, length]);
    for _ in 0..3 {
        sharing(&other, &server, "./s.sh").gives("out\n");
    }
    assert_eq!(counts(&other, ENDS), [1, 0, 0, 0, 0]);
    assert_eq!(counts(&other, bytes), [length, 0]);
    let of_other = stats(&other);
    let time = |name: &str| of_other["remote"][name].as_f64().expect("seconds");
    assert!((0.3..60.0).contains(&time("saved")), "{of_other}");
    assert!(time("waited") > 0.0, "{of_other}");
    // What another machine ran is no miss of this one.
    assert_eq!((&of_other["hits"], &of_other["misses"]), (&3.into(), &0.into()));
    assert_eq!(of_other["commands"][0]["misses"], json!(0));
}

#[test]
fn the_bytes_of_a_marker_are_counted_as_well() {
    let (server, one) = (Server::new(), checkout("cat"));
    sharing(&one, &server, "./s.sh").stdin("in").gives("in");
    wait_until_pushed(&one);
    let objects = server.objects();
    let length: usize = objects.values().map(Vec::len).sum();
    assert_eq!((objects.len(), counts(&one, ["pushed", "sent_bytes"])), (2, [1, length as u64]));
}

#[test]
fn a_result_that_is_expired_is_a_miss() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    other.cachex("clear -- ./s.sh").gives("removed nothing\n");
    sharing(&other, &server, "./s.sh").gives("out\n");
    assert_eq!(counts(&other, ENDS)[..3], [0, 1, 0]);
    sharing(&other, &server, "--refresh ./s.sh").gives("out\n");
    assert_eq!(counts(&other, ENDS)[..3], [0, 1, 0], "nobody was asked");
}

#[test]
fn a_fault_is_counted_and_a_remote_that_is_left_alone_is_not() {
    let (url, one) = (nobody(), checkout("echo $1"));
    sharing_by(&one, &url, "./s.sh a").warns("a\n", "cannot be reached");
    let read = || counts(&one, ["hits", "misses", "refused"]);
    assert_eq!(read(), [0, 0, 0]);
    let faults = || counts(&one, ["faults"])[0];
    // The push fails as well.
    crate::harness::wait_until("both faults are counted", || faults() == 2);
    sharing_by(&one, &url, "./s.sh b").gives("b\n");
    assert_eq!((read(), faults()), ([0, 0, 0], 2));
}

#[test]
fn missing_rights_and_wrong_seals_are_counted_as_refused() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    server.change(|object| object[60] ^= 1);
    sharing(&other, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&other);
    assert_eq!(counts(&other, ENDS), [0, 0, 0, 1, 1]);
    let url = saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let third = checkout("echo out");
    sharing_by(&third, &url, "./s.sh").warns("out\n", "no access");
    wait_until_pushed(&third);
    assert_eq!(counts(&third, ENDS), [0, 0, 0, 2, 0]);
}

#[test]
fn they_are_shown_to_people_and_in_the_summary_of_a_job() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    let told = one.cachex("stats").output().stdout_text();
    for line in
        ["remote hits      0", "remote misses    1", "remote faults    0", "remote pushed    1"]
    {
        assert!(told.lines().any(|it| it == line), "{told}");
    }
    let told = one.cachex("stats --markdown").output().stdout_text();
    let heading = "\n\n| remote hits | misses | faults | refused | pushed | received | sent | waited | saved |\n";
    assert!(told.contains(heading), "{told}");
    assert!(told.contains("\n| 0 | 1 | 0 | 0 | 1 | 0B | "), "{told}");
}

#[test]
fn clearing_everything_forgets_them() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    one.cachex("clear -- ./s.sh").output();
    assert_eq!(counts(&one, ENDS), [0, 1, 0, 0, 1]);
    one.cachex("clear --dry-run").output();
    assert_eq!(counts(&one, ENDS), [0, 1, 0, 0, 1]);
    one.cachex("clear").output();
    assert_eq!(stats(&one).get("remote"), None);
}

#[test]
fn a_read_only_store_still_tells_them() {
    const NOBODY: u32 = 65534;
    if !am_root() {
        return;
    }
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    assert_eq!(counts(&one, ENDS), [0, 1, 0, 0, 1]);
    let own = one.dir.join("own");
    let copy = format!("cp -r '{}' own && chown -R {NOBODY} own", one.store_dir().display());
    one.sh(&copy).gives("");
    set_mode(&own, 0o500);
    let told = one.by(NOBODY, "stats --json").env("CACHEX_CACHE_DIR", "own").output();
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!((&told["remote"]["misses"], &told["remote"]["pushed"]), (&1.into(), &1.into()));
}
