//! A remote that does not take what is pushed, or not yet: nothing is lost without a word.

use super::machine::{checkout, flush, outbox_files, sharing, sharing_later, wait_until_pushed};
use super::server::Server;
use crate::harness::{Sandbox, Texts as _, wait_until};
use std::time::{Duration, Instant};

const SOON: &str = "429 Too Many Requests\r\nRetry-After: 1";
const LATER: &str = "503 Service Unavailable\r\nRetry-After: 3600";

/// Makes a call whose result is refused.
fn refuse(sandbox: &Sandbox, server: &Server) {
    sharing(sandbox, server, "./s.sh first").gives("first\n");
    wait_until("it is refused", || {
        !outbox_files(sandbox, ".refused").is_empty() && outbox_files(sandbox, ".json").is_empty()
    });
}

#[test]
fn a_refused_push_is_told_once() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    server.forbid("PUT");
    refuse(&one, &server);
    sharing(&one, &server, "./s.sh a").warns("a\n", "1 result was not pushed");
    for word in ["b", "c"] {
        sharing(&one, &server, &format!("./s.sh {word}")).gives(format!("{word}\n"));
    }
    let told = sharing(&one, &server, "-v ./s.sh d").tells("d\n", 0);
    assert!(told.contains("was not pushed") && told.contains("no access: 403"), "{told}");
    // Another attempt a moment later would end alike.
    assert_eq!(server.requests("PUT"), 1);
    let told = flush(&one, &server, "").tells("pushed 0, refused 5, waiting 0\n", 1);
    assert!(told.contains("no access: 403"), "{told}");
    flush(&one, &server, "").gives("pushed 0, refused 0, waiting 0\n");
}

#[test]
fn what_was_refused_is_pushed_as_soon_as_it_is_allowed() {
    let (server, one, other) = (Server::new(), checkout("echo $1"), checkout("echo $1"));
    server.forbid("PUT");
    refuse(&one, &server);
    server.allow("PUT");
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    sharing(&one, &server, "./s.sh a").gives("a\n");
    sharing(&other, &server, "./s.sh first").gives("first\n");
    assert_eq!(other.runs(), 0);
}

#[test]
fn a_flush_comes_again_when_it_is_asked_to() {
    let (server, one) = (Server::new(), checkout("echo out"));
    sharing_later(&one, &server, "./s.sh");
    server.answer_once("PUT", SOON);
    let begun = Instant::now();
    flush(&one, &server, "").gives("pushed 1, refused 0, waiting 0\n");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests("PUT"), 2);
    // Not after its time.
    sharing_later(&one, &server, "./s.sh 2");
    server.answer_once("PUT", LATER);
    let told = flush(&one, &server, "").tells("pushed 0, refused 0, waiting 1\n", 1);
    assert!(told.contains("asked too often"), "{told}");
}

#[test]
fn a_result_that_is_too_large_there_keeps_no_other_from_being_pushed() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    sharing_later(&one, &server, "./s.sh a");
    server.answer_once("PUT", "413 Content Too Large");
    sharing(&one, &server, "./s.sh b").gives("b\n");
    wait_until("the other one is pushed", || server.objects().len() == 1);
    assert_eq!(outbox_files(&one, ".refused").len(), 1);
    let told = sharing(&one, &server, "-v ./s.sh c").tells("c\n", 0);
    assert!(told.contains("it takes no object of this size: 413"), "{told}");
}

#[test]
fn a_push_that_was_put_off_waits() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    server.answer_once("PUT", SOON);
    sharing(&one, &server, "./s.sh a").gives("a\n");
    wait_until("it was asked", || server.requests("PUT") == 1);
    sharing_later(&one, &server, "./s.sh b");
    sharing(&one, &server, "./s.sh c").gives("c\n");
    assert_eq!((server.requests("PUT"), outbox_files(&one, ".json").len()), (1, 3));
}

/// Makes a call, during which the remote takes nothing.
fn fail(sandbox: &Sandbox, server: &Server, word: &str) {
    let pushed = server.requests("PUT");
    server.answer_once("PUT", "500 Internal Server Error");
    sharing(sandbox, server, &format!("./s.sh {word}")).gives(format!("{word}\n"));
    wait_until("it is left alone", || {
        let call = sandbox.cachex("doctor").env("CACHEX_REMOTE", &server.url());
        let told = call.env("CACHEX_REMOTE_MODE", "write").output().stdout_text();
        server.requests("PUT") > pushed && told.contains("left alone")
    });
}

#[test]
fn an_outage_of_pushing_alone_is_told_once() {
    let (server, one) = (Server::new(), checkout("echo $1"));
    for outage in ["first", "second"] {
        fail(&one, &server, outage);
        let call = |word: &str| sharing(&one, &server, &format!("./s.sh {outage} {word}"));
        let told = format!("the remote {} takes no results: `cachex remote flush`", server.url());
        call("a").warns(format!("{outage}\n"), &told);
        call("b").gives(format!("{outage}\n"));
        let detail = sharing(&one, &server, &format!("-v ./s.sh {outage} c"));
        assert!(detail.tells(format!("{outage}\n"), 0).contains(&told));
        flush(&one, &server, "").gives("pushed 4, refused 0, waiting 0\n");
        sharing(&one, &server, &format!("./s.sh {outage} d")).gives(format!("{outage}\n"));
        wait_until_pushed(&one);
    }
}
