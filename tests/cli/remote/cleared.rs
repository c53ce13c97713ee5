//! `clear --remote`: a result that is wrong goes for the whole fleet.

use super::machine::{
    checkout, flush, key, sharing, sharing_later, wait_until_pushed, with_remote,
};
use super::secret::PUBLIC;
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _};

fn clear(sandbox: &Sandbox, server: &Server, words: &str) -> Call {
    let call = sandbox.cachex(&format!("clear --remote {words}")).env("CACHEX_REMOTE_KEY", &key());
    let call = call.env("CACHEX_REMOTE", &server.url()).env("CACHEX_REMOTE_MODE", "read-write");
    // However busy the machine is.
    call.env("CACHEX_REMOTE_TIMEOUT", "60")
}

fn told(call: Call, code: i32) -> String {
    let output = call.output();
    let told = format!("{}{}", output.stdout_text(), output.stderr_text());
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

/// A machine whose file `x` has this content.
fn machine(content: &str) -> Sandbox {
    let sandbox = checkout("cat x");
    sandbox.write("x", content);
    sandbox
}

#[test]
fn the_fleet_forgets_a_result_without_the_right_to_delete() {
    let (server, one, other, third) =
        (Server::new(), machine("wrong"), machine("right"), machine("unused"));
    server.forbid("DELETE");
    sharing(&one, &server, "./s.sh").gives("wrong");
    wait_until_pushed(&one);
    let told = told(clear(&one, &server, "-- ./s.sh"), 0);
    assert!(told.starts_with("removed 1 entry (5B)\n"), "{told}");
    assert!(told.contains("on the remote: cleared 1 result"), "{told}");
    assert!(told.contains("--remote-epoch"), "{told}");
    let again = clear(&one, &server, "-- ./s.sh").output().stdout_text();
    assert!(again.contains("there was none of this call"), "{again}");
    // It is not found, and a new one takes its place.
    let call = sharing(&other, &server, "-v ./s.sh");
    assert!(call.tells("right", 0).contains("it was cleared there"));
    wait_until_pushed(&other);
    sharing(&third, &server, "./s.sh").gives("right");
    assert_eq!((other.runs(), third.runs()), (1, 0));
}

#[test]
fn a_result_that_waited_meanwhile_does_not_bury_the_clearing() {
    let (server, one, other, third) =
        (Server::new(), machine("wrong"), machine("unused"), machine("right"));
    // It takes the place of whatever lies there.
    sharing_later(&one, &server, "--refresh ./s.sh");
    told(clear(&other, &server, "-- ./s.sh"), 0);
    flush(&one, &server, "").gives("pushed 0, refused 0, waiting 0\n");
    sharing(&third, &server, "./s.sh").gives("right");
    assert_eq!(third.runs(), 1);
    // What ran later does.
    wait_until_pushed(&third);
    sharing(&other, &server, "--refresh ./s.sh").gives("unused");
    wait_until_pushed(&other);
    let fourth = machine("right");
    sharing(&fourth, &server, "./s.sh").gives("unused");
    assert_eq!(fourth.runs(), 0);
}

#[test]
fn a_result_goes_wherever_its_output_went() {
    for (run, clearing) in [("2>&1", ""), ("", "2>&1")] {
        let (server, one) = (Server::new(), machine("x"));
        with_remote(one.sh(&format!("cachex ./s.sh {run}")), &server.url()).gives("x");
        wait_until_pushed(&one);
        let call = one.sh(&format!("cachex clear --remote -- ./s.sh {clearing}"));
        let told = told(with_remote(call, &server.url()), 0);
        assert!(told.contains("on the remote: cleared 1 result"), "{told}");
    }
}

#[test]
fn a_clearing_counts_for_older_results_of_other_namespaces() {
    let (server, branch, main, reader) =
        (Server::new(), machine("wrong"), machine("unused"), machine("right"));
    sharing(&branch, &server, "--remote-namespace pr ./s.sh").gives("wrong");
    wait_until_pushed(&branch);
    assert!(told(clear(&main, &server, "-- ./s.sh"), 0).contains("there was none"));
    sharing(&reader, &server, "--remote-read pr ./s.sh").gives("right");
    assert_eq!(reader.runs(), 1);
}

#[test]
fn the_options_of_the_call_come_from_files_and_variables() {
    let (server, one, other) = (Server::new(), machine("x"), machine("x"));
    sharing(&one, &server, "--file x ./s.sh a").gives("x");
    wait_until_pushed(&one);
    let without = told(clear(&one, &server, "--dry-run -- ./s.sh a"), 0);
    assert!(without.contains("there is none"), "{without}");
    assert!(without.contains("set them by variables, such as CACHEX_FILE"), "{without}");
    let dry = told(clear(&one, &server, "--dry-run -- ./s.sh a").env("CACHEX_FILE", "x"), 0);
    assert!(dry.contains("on the remote: would clear 1 result"), "{dry}");
    sharing(&other, &server, "--file x ./s.sh a").gives("x");
    assert_eq!(other.runs(), 0);
    one.project_config("[[rule]]\ncommand = 's.sh'\nfile = 'x'\n");
    sharing(&one, &server, "./s.sh b").gives("x");
    wait_until_pushed(&one);
    let cleared = told(clear(&one, &server, "-- ./s.sh b"), 0);
    assert!(cleared.contains("on the remote: cleared 1 result"), "{cleared}");
}

#[test]
fn a_whole_remote_is_hidden_by_a_new_epoch() {
    let (server, one) = (Server::new(), machine("x"));
    let told = clear(&one, &server, "").tells("", 2);
    assert!(told.contains("--remote-epoch"), "{told}");
    assert_eq!(server.requests(""), 0);
}

#[test]
fn who_may_not_write_may_not_clear() {
    let (server, one) = (Server::new(), machine("x"));
    let reads = clear(&one, &server, "-- ./s.sh").env("CACHEX_REMOTE_MODE", "read");
    let message = told(reads, 2);
    assert!(message.contains("--remote-mode read-write"), "{message}");
    let verifies = clear(&one, &server, "-- ./s.sh").env("CACHEX_REMOTE_TRUST", PUBLIC);
    let message = told(verifies, 2);
    assert!(message.contains("CACHEX_REMOTE_SIGN_KEY"), "{message}");
    assert_eq!(server.requests(""), 0);
    server.forbid("PUT");
    let message = told(clear(&one, &server, "-- ./s.sh"), 125);
    assert!(message.contains("403"), "{message}");
    assert!(message.contains("only 0 of 6 places are known to be"), "{message}");
}

#[test]
fn a_clearing_that_is_cut_short_does_not_say_that_nothing_was_cleared() {
    // Each place takes two.
    for (before, cleared) in [(0, 0), (1, 0), (2, 1), (11, 5)] {
        let (server, one) = (Server::new(), machine("x"));
        server.answer_once("PUT", "503 Service Unavailable");
        server.answer_before(before);
        let message = told(clear(&one, &server, "-- ./s.sh"), 125);
        let lacks_some =
            format!("not all was cleared on the remote: only {cleared} of 6 places are");
        assert!(message.contains(&lacks_some) && message.contains("503"), "{message}");
        assert!(!message.contains("nothing was cleared"), "{message}");
    }
}
