//! `cachex remote`: secrets are made, and what waits is pushed.

use super::machine::{checkout, key, sharing_by, wait_until_pushed};
use super::server::Server;
use crate::harness::Texts as _;
use std::fs::File;
use std::thread;
use std::time::Duration;

#[test]
fn secrets_are_new_each_time_and_say_where_they_belong() {
    let sandbox = checkout("echo out");
    let one = sandbox.cachex("remote keygen").output().stdout_text();
    let other = sandbox.cachex("remote keygen").output().stdout_text();
    for name in ["CACHEX_REMOTE_KEY=", "CACHEX_REMOTE_SIGN_KEY=", "CACHEX_REMOTE_TRUST="] {
        let line = one.lines().find(|line| line.starts_with(name)).expect(name);
        assert_eq!(line.len(), name.len() + 64);
        assert!(!other.contains(line), "{line}");
    }
}

#[test]
fn a_flush_tells_what_still_waits() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    sharing_by(&sandbox, &server.url(), "./s.sh").gives("out\n");
    wait_until_pushed(&sandbox);
    let flush = || {
        let call = sandbox.cachex("remote flush").env("CACHEX_REMOTE", &server.url());
        call.env("CACHEX_REMOTE_KEY", &key())
    };
    flush().gives("pushed 0, refused 0, waiting 0\n");
    let told = sandbox.cachex("remote flush").tells("", 2);
    assert!(told.contains("no remote is set"), "{told}");
}

#[test]
fn a_flush_waits_for_others_who_push() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    sharing_by(&sandbox, &server.url(), "./s.sh").gives("out\n");
    wait_until_pushed(&sandbox);
    // One process pushes, and one waits for it: neither sees what is posted now.
    let others = ["lock", "next"].map(|name| {
        let file = File::open(sandbox.store_dir().join("outbox").join(name)).expect("opened");
        file.lock().expect("locked");
        file
    });
    sharing_by(&sandbox, &server.url(), "./s.sh 2").gives("out\n");
    let flush = |words| {
        let call = sandbox.cachex(words).env("CACHEX_REMOTE", &server.url());
        call.env("CACHEX_REMOTE_KEY", &key())
    };
    let told = flush("remote flush --timeout 100ms").tells("pushed 0, refused 0, waiting 1\n", 1);
    assert!(told.contains("another process is pushing"), "{told}");
    let waiting = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        drop(others);
    });
    flush("remote flush").gives("pushed 1, refused 0, waiting 0\n");
    waiting.join().expect("ended");
}
