//! A call asks a remote no longer than `--remote-timeout` in all, and not again after a fault.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;
use std::time::Duration;

#[test]
fn after_a_fault_on_the_way_to_a_result_nothing_more_is_asked() {
    for status in ["503 Service Unavailable", "403 Forbidden"] {
        let (server, one, other) = (Server::new(), checkout("cat"), checkout("cat"));
        for namespace in ["main", "second"] {
            let words = format!("--refresh --remote-namespace {namespace} ./s.sh");
            sharing(&one, &server, &words).stdin("in").gives("in");
        }
        wait_until_pushed(&one);
        let asked = server.requests("GET");
        // The marker is there, and then the remote fails.
        server.answer_before(1);
        server.answer_once("GET", status);
        let call = sharing(&other, &server, "-v --remote-read second ./s.sh").stdin("in");
        let told = call.tells("in", 0);
        assert_eq!(server.requests("GET") - asked, 2, "{told}");
        assert!(told.contains("the remote http:") && !told.contains("remote: miss"), "{told}");
        assert_eq!(other.runs(), 1, "{told}");
    }
}

#[test]
fn the_questions_of_a_call_share_its_time() {
    let (server, one) = (Server::new(), checkout("echo out"));
    server.delay(Duration::from_millis(600));
    let words = "--remote-timeout 1 --remote-read b,c,d,e,f -v ./s.sh";
    let told = sharing(&one, &server, words).env("CACHEX_REMOTE_MODE", "read").tells("out\n", 0);
    // One answer came in time, at most.
    assert!(server.requests("GET") <= 2, "{told}");
    assert!(told.contains("too slow"), "{told}");
}
