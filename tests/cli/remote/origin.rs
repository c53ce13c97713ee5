//! `show` says whether an entry comes from another machine.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Sandbox, Texts as _};
use serde_json::Value;

/// The origin of the newest entry, as text and as JSON.
fn origin(sandbox: &Sandbox) -> (Option<String>, Value) {
    let text = sandbox.cachex("show -- ./s.sh").output().stdout_text();
    let line = text.lines().find_map(|line| line.strip_prefix("origin "));
    let shown = sandbox.cachex("show --json -- ./s.sh").output().stdout;
    let shown: Value = serde_json::from_slice(&shown).expect("JSON");
    (line.map(|line| line.trim_start().to_owned()), shown["origin"].clone())
}

#[test]
fn an_entry_of_another_machine_says_so_until_the_command_runs_here() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").gives("out\n");
    wait_until_pushed(&one);
    assert_eq!(origin(&one), (None, "run".into()));
    sharing(&other, &server, "./s.sh").gives("out\n");
    assert_eq!(other.runs(), 0);
    other.age(3 * 3600);
    let (text, json) = origin(&other);
    assert_eq!(text.as_deref(), Some("a remote: another machine recorded it 3h ago"));
    assert_eq!(json, "remote");
    // Its parts can be compared as those of any entry.
    let explained = other.cachex("explain -- ./s.sh a").output().stdout_text();
    assert!(explained.contains(": argument 1 is new\n"), "{explained}");
    other.cachex("--refresh ./s.sh").gives("out\n");
    assert_eq!(origin(&other), (None, "run".into()));
}
