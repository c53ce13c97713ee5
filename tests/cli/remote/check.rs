//! `cachex remote check`: what works with a remote, what does not, and what would help.

use super::machine::{checkout, key};
use super::secret::{PUBLIC, SEED};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _};

fn check(sandbox: &Sandbox, url: &str, mode: &str) -> Call {
    let call = sandbox.cachex("remote check").env("CACHEX_REMOTE", url);
    // However busy the machine is.
    let call = call.env("CACHEX_REMOTE_TIMEOUT", "60").env("CACHEX_REMOTE_MODE", mode);
    call.env("CACHEX_REMOTE_KEY", &key())
}

/// The report, of a check that ends with this status.
fn report(call: Call, code: i32) -> String {
    let output = call.output();
    let told = output.stdout_text();
    assert_eq!(output.status.code(), Some(code), "{told}{}", output.stderr_text());
    told
}

/// The line about a subject.
fn line<'t>(told: &'t str, subject: &str) -> &'t str {
    let is_about = |line: &&str| line.split_whitespace().nth(1) == Some(subject);
    told.lines().find(is_about).unwrap_or_else(|| panic!("{subject}: {told}"))
}

#[test]
fn all_is_well() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    let told = report(check(&sandbox, &server.url(), "read-write"), 0);
    for subject in ["remote", "key", "signing", "clock", "write", "read", "delete"] {
        assert!(line(&told, subject).starts_with("ok "), "{told}");
    }
    assert!(line(&told, "remote").contains("this machine only"), "{told}");
    assert!(!told.contains(&key()), "{told}");
    // Nothing stays.
    assert_eq!((server.requests("PUT"), server.objects().len()), (1, 0));
    assert!(told.lines().count() < 24, "{told}");
}

#[test]
fn a_reader_need_not_write() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    server.forbid("PUT");
    server.forbid("DELETE");
    let told = report(check(&sandbox, &server.url(), "read"), 0);
    assert!(line(&told, "write").contains("not allowed"), "{told}");
    assert!(line(&told, "read").starts_with("ok "), "{told}");
    let told = report(check(&sandbox, &server.url(), "read-write"), 1);
    assert!(line(&told, "write").starts_with("problem "), "{told}");
    let last = told.lines().last().expect("a line");
    assert!(last.starts_with("fix: ") && last.contains("--remote-mode read"), "{told}");
}

#[test]
fn what_cannot_be_deleted_stays_and_is_named() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    server.forbid("DELETE");
    let told = report(check(&sandbox, &server.url(), "read-write"), 0);
    let objects = server.objects();
    let name = objects.keys().next().expect("one object");
    assert!(line(&told, "delete").contains(name.trim_start_matches("/cache/")), "{told}");
    // The next check takes its place, and tries all rights.
    server.change(|object| object[60] ^= 1);
    let told = report(check(&sandbox, &server.url(), "read-write"), 0);
    assert!(line(&told, "read").starts_with("ok "), "{told}");
    assert_eq!((server.requests("PUT"), server.objects().len()), (2, 1));
    server.forbid("PUT");
    let told = report(check(&sandbox, &server.url(), "read-write"), 1);
    assert!(line(&told, "write").starts_with("problem "), "{told}");
    assert!(!line(&told, "delete").contains("stays"), "{told}");
    // It is removed by who may.
    server.allow("DELETE");
    report(check(&sandbox, &server.url(), "read"), 0);
    assert_eq!(server.objects().len(), 0);
}

#[test]
fn a_refused_password_is_told_with_what_helps() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        server.forbid(method);
    }
    let url = server.url().replace("http://", "http://user:hunter2@");
    let told = report(check(&sandbox, &url, "read"), 1);
    assert!(line(&told, "read").starts_with("problem "), "{told}");
    let last = told.lines().last().expect("a line");
    assert!(last.starts_with("fix: ") && last.contains("password"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn an_unknown_host_is_told_with_what_helps() {
    let sandbox = checkout("echo out");
    let told = report(check(&sandbox, "https://no-such-host.invalid/cache", "read"), 1);
    let last = told.lines().last().expect("a line");
    assert!(last.starts_with("fix: ") && last.contains("host"), "{told}");
    let told = report(check(&sandbox, "http://127.0.0.1:1/cache", "read"), 1);
    assert!(told.lines().last().is_some_and(|last| last.starts_with("fix: ")), "{told}");
}

#[test]
fn the_keys_are_told_and_not_shown() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    let told = report(check(&sandbox, &server.url(), "read").without_env("CACHEX_REMOTE_KEY"), 1);
    assert!(line(&told, "key").starts_with("problem "), "{told}");
    assert!(told.lines().last().is_some_and(|last| last.contains("remote keygen")), "{told}");
    let trusting = || check(&sandbox, &server.url(), "read").env("CACHEX_REMOTE_TRUST", PUBLIC);
    let told = report(trusting(), 0);
    assert!(line(&told, "signing").contains("only verifies"), "{told}");
    let told = report(trusting().env("CACHEX_REMOTE_MODE", "read-write"), 1);
    assert!(line(&told, "signing").starts_with("problem "), "{told}");
    assert!(told.lines().last().is_some_and(|last| last.contains("CACHEX_REMOTE_SIGN_KEY")));
    let signing = trusting().env("CACHEX_REMOTE_MODE", "read-write");
    let told = report(signing.env("CACHEX_REMOTE_SIGN_KEY", SEED), 0);
    assert!(line(&told, "signing").contains("signs") && !told.contains(SEED), "{told}");
}

#[test]
fn a_signer_whom_nobody_else_would_believe_is_warned() {
    let (server, sandbox) = (Server::new(), checkout("echo out"));
    let signing =
        || check(&sandbox, &server.url(), "read-write").env("CACHEX_REMOTE_SIGN_KEY", SEED);
    let told = report(signing(), 0);
    assert!(line(&told, "signing").starts_with("ok "), "{told}");
    // The two change places, and one is of another pair.
    for (seed, public) in [(PUBLIC, SEED), (SEED, &"cd".repeat(32))] {
        let call = || signing().env("CACHEX_REMOTE_SIGN_KEY", seed);
        let told = report(call().env("CACHEX_REMOTE_TRUST", public), 0);
        let signing = line(&told, "signing");
        assert!(signing.starts_with("warning "), "{told}");
        assert!(signing.contains("CACHEX_REMOTE_TRUST lacks its public key"), "{told}");
        let both = report(call().env("CACHEX_REMOTE_TRUST", &format!("{public},{PUBLIC}")), 0);
        assert_eq!(line(&both, "signing").starts_with("ok "), seed == SEED, "{both}");
    }
}

#[test]
fn a_clock_that_differs_is_told() {
    let (server, sandbox) = (Server::with_clock_ahead(-7200), checkout("echo out"));
    let told = report(check(&sandbox, &server.url(), "read"), 0);
    assert!(line(&told, "clock").contains("2h behind"), "{told}");
}

#[test]
fn without_a_remote_there_is_nothing_to_check() {
    let told = checkout("echo out").cachex("remote check").tells("", 2);
    assert!(told.contains("no remote is set"), "{told}");
}
