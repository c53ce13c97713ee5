//! Calls that run nothing, store nothing, or run in the background, and the remote.

use super::machine::{checkout, sharing, wait_until_pushed, with_remote};
use super::server::Server;
use crate::harness::{Sandbox, Texts as _, am_root, set_mode, wait_until};

/// A machine whose file `x` has this content.
fn machine(content: &str) -> Sandbox {
    let sandbox = checkout("cat x");
    sandbox.write("x", content);
    sandbox
}

#[test]
fn a_call_that_must_not_run_takes_the_result_of_another_machine() {
    let (server, one, other) = (Server::new(), machine("1"), machine("2"));
    let explained = sharing(&other, &server, "explain --only-if-cached ./s.sh").output();
    let then = "then: nothing runs: exit 124, unless the remote has a result\n";
    assert!(explained.stdout_text().contains(then), "{}", explained.stdout_text());
    let told = sharing(&other, &server, "--only-if-cached ./s.sh").tells("", 124);
    assert!(told.contains("not cached"), "{told}");
    sharing(&one, &server, "./s.sh").gives("1");
    wait_until_pushed(&one);
    sharing(&other, &server, "--only-if-cached ./s.sh").gives("1");
    let asked = server.requests("GET");
    sharing(&other, &server, "--only-if-cached ./s.sh").gives("1");
    assert_eq!((other.runs(), server.requests("GET")), (0, asked));
    // It neither waits nor runs where there is no remote.
    other.cachex("--only-if-cached ./s.sh a").tells("", 124);
}

#[test]
fn a_call_that_must_not_store_neither_asks_nor_gives() {
    let (server, one) = (Server::new(), machine("1"));
    sharing(&one, &server, "--no-store ./s.sh").tells("1", 0);
    assert_eq!(server.requests(""), 0);
    let other = machine("2");
    sharing(&other, &server, "./s.sh").gives("2");
    wait_until_pushed(&other);
    sharing(&one, &server, "--no-store ./s.sh").tells("1", 0);
    assert_eq!((one.runs(), server.requests("PUT")), (2, 1));
    let asked = server.requests("GET");
    sharing(&one, &server, "--no-store --only-if-cached ./s.sh").tells("", 124);
    assert_eq!((one.runs(), server.requests("GET")), (2, asked));
}

#[test]
fn what_is_warmed_is_shared() {
    let (server, one, other) = (Server::new(), machine("1"), machine("2"));
    sharing(&one, &server, "--warm ./s.sh").gives("");
    wait_until("the result is there", || server.objects().len() == 1);
    sharing(&other, &server, "./s.sh").gives("1");
    assert_eq!(other.runs(), 0);
    // It takes the place of the old one, whatever that was.
    one.write("x", "3");
    sharing(&one, &server, "--warm ./s.sh").gives("");
    wait_until("the result is replaced", || server.requests("PUT") == 2);
    wait_until_pushed(&one);
    sharing(&machine("4"), &server, "./s.sh").gives("3");
}

#[test]
fn a_call_that_cannot_store_neither_asks_nor_gives_and_says_so() {
    const NOBODY: u32 = 65534;
    if !am_root() {
        return;
    }
    let (server, one) = (Server::new(), machine("1"));
    let call = |words: &str| {
        let call = with_remote(one.by(NOBODY, words), &server.url());
        call.env("CACHEX_CACHE_DIR", "own")
    };
    call("echo x").gives("x\n");
    let outbox = one.dir.join("own/outbox");
    // A note is removed when nothing more is asked.
    wait_until("it is pushed", || {
        let notes = std::fs::read_dir(&outbox).into_iter().flatten().flatten();
        let is_waiting =
            notes.map(|it| it.path()).any(|it| it.extension().is_some_and(|it| it == "json"));
        server.objects().len() == 1 && !is_waiting
    });
    let asked = server.requests("");
    one.sh("rm own/outbox/next").gives("");
    set_mode(one.dir.join("own/outbox"), 0o500);
    set_mode(one.dir.join("own"), 0o500);
    let told = call("-v echo y").tells("y\n", 0);
    assert!(told.contains("remote: not asked: the store is read-only"), "{told}");
    let explained = call("explain echo y").output().stdout_text();
    for word in ["asked", "given"] {
        let line = format!("\nnot {word}: the store is read-only\n");
        assert!(explained.contains(&line), "{explained}");
    }
    let found = call("doctor").output().stdout_text();
    let is_told = |line: &&str| line.contains("the remote is not used: the store is read-only");
    assert_eq!(found.lines().filter(is_told).count(), 2, "{found}");
    assert_eq!(server.requests(""), asked);
    let told = call("remote flush").tells("", 125);
    assert!(told.contains("own/outbox/next: Permission denied"), "{told}");
}

/// A machine with a result of its own that expired an hour ago, and `x` as it is by now.
fn with_expired_result(content: &str, by_now: &str) -> Sandbox {
    let sandbox = machine(content);
    sandbox.cachex("./s.sh").gives(content);
    sandbox.age(7200);
    sandbox.write("x", by_now);
    sandbox
}

const STALE: &str = "--ttl 1h --stale-while-revalidate 1d ./s.sh";

#[test]
fn a_renewal_in_the_background_is_shared() {
    let (server, one, other) = (Server::new(), with_expired_result("1", "3"), machine("2"));
    sharing(&one, &server, STALE).gives("1");
    wait_until("the renewed result is there", || server.objects().len() == 1);
    sharing(&other, &server, "./s.sh").gives("3");
    assert_eq!((one.runs(), other.runs()), (2, 0));
}

#[test]
fn a_renewal_takes_what_another_machine_has_renewed() {
    let (server, one, other) = (Server::new(), with_expired_result("1", "3"), machine("2"));
    sharing(&other, &server, "./s.sh").gives("2");
    wait_until_pushed(&other);
    sharing(&one, &server, STALE).gives("1");
    wait_until("the renewed result is here", || one.cachex("./s.sh").output().stdout_text() == "2");
    assert_eq!(one.runs(), 1);
}
