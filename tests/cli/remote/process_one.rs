//! Process 1 of a container takes its children along, so it pushes before it exits.

use super::machine::{checkout, with_remote};
use super::server::Server;
use crate::process_one::as_process_one;
use std::time::{Duration, Instant};

#[test]
fn process_one_pushes_before_it_exits() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let Some(call) = as_process_one(&one, "./s.sh") else { return };
    with_remote(call, &server.url()).gives("out\n");
    assert_eq!(server.objects().len(), 1);
}

#[test]
fn process_one_waits_no_longer_than_for_a_look_up() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let Some(call) = as_process_one(&one, "--refresh ./s.sh") else { return };
    server.hold(Some("PUT"));
    let begun = Instant::now();
    with_remote(call, &server.url()).env("CACHEX_REMOTE_TIMEOUT", "1").gives("out\n");
    // Only bounds the test: a push may take a minute.
    assert!(begun.elapsed() < Duration::from_secs(30));
}
