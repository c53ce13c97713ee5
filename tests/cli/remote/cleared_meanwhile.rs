//! A clearing and a push at the same time: in whatever order their bytes arrive, the old result does not come back.

use super::machine::{checkout, flush, sharing, sharing_later, wait_until_pushed};
use super::server::Server;
use crate::harness::{Sandbox, Texts as _, wait_until};

/// A machine whose file `x`, which nobody names, has this content.
fn machine(content: &str) -> Sandbox {
    let sandbox = checkout("cat x; head -n 1");
    sandbox.write("x", content);
    sandbox
}

fn calls(sandbox: &Sandbox, server: &Server, options: &str, stdin: &str, stdout: &str) {
    let call = sharing(sandbox, server, &format!("{options} ./s.sh"));
    // A pipe that is at its end decides; no input at all does not.
    if stdin.is_empty() { call } else { call.stdin(stdin) }.gives(stdout);
}

fn clear(sandbox: &Sandbox, server: &Server) -> String {
    let output = sharing(sandbox, server, "clear --remote -- ./s.sh").output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    output.stdout_text()
}

/// The PUT of that number arrives only after a clearing.
#[track_caller]
fn arrives_late(server: &Server, put: usize, options: &str, stdin: &str) {
    let [one, other, third] = ["wrong ", "unused ", "right "].map(machine);
    server.hold_one("PUT", put);
    calls(&one, server, options, stdin, &format!("wrong {stdin}"));
    wait_until("it is being pushed", || server.holds_one());
    clear(&other, server);
    server.release();
    wait_until_pushed(&one);
    calls(&third, server, "", stdin, &format!("right {stdin}"));
    assert_eq!(third.runs(), 1, "PUT {put} of {options} with {stdin:?}");
    wait_until_pushed(&third);
    // In the first second, results count as cleared for those who see the clearing.
    wait_until("a new result counts", || {
        let fourth = machine("right ");
        let call = sharing(&fourth, server, "-v ./s.sh");
        let told = if stdin.is_empty() { call } else { call.stdin(stdin) }.output();
        assert_eq!(told.stdout_text(), format!("right {stdin}"));
        let is_hit = told.stderr_text().contains("remote: hit");
        if !is_hit {
            wait_until_pushed(&fourth);
        }
        is_hit
    });
}

#[test]
fn a_result_that_takes_the_place_of_others() {
    arrives_late(&Server::new(), 0, "--refresh", "");
}

#[test]
fn a_result_on_a_server_without_conditions() {
    let server = Server::new();
    server.know_no_condition();
    arrives_late(&server, 0, "", "");
}

#[test]
fn a_result_on_a_server_with_conditions() {
    arrives_late(&Server::new(), 0, "", "");
}

#[test]
fn a_marker_or_what_it_leads_to() {
    for put in [0, 1] {
        arrives_late(&Server::new(), put, "", "in\n");
    }
}

#[test]
fn a_result_of_a_run_that_had_begun_before() {
    let (server, other, third) = (Server::new(), machine("unused "), machine("right "));
    let one = checkout("cat x; echo > began; until test -e go; do sleep 0.01; done");
    one.write("x", "wrong ");
    let call = sharing(&one, &server, "--refresh ./s.sh").spawn();
    wait_until("it has begun", || one.dir.join("began").exists());
    // The script is a part of the key.
    std::fs::copy(one.dir.join("s.sh"), other.dir.join("s.sh")).expect("copied");
    std::fs::copy(one.dir.join("s.sh"), third.dir.join("s.sh")).expect("copied");
    third.write("go", "");
    clear(&other, &server);
    // Longer than the step of the clock.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    one.write("go", "");
    assert!(call.wait_with_output().expect("ended").status.success());
    wait_until_pushed(&one);
    calls(&third, &server, "", "", "right ");
}

#[test]
fn a_result_that_waited_while_a_newer_one_took_the_place_of_the_tombstone() {
    let [one, other, third, fourth] = ["wrong ", "unused ", "right ", "unused "].map(machine);
    let server = Server::new();
    sharing_later(&one, &server, "--refresh ./s.sh");
    clear(&other, &server);
    // Two results of one second may be taken for each other.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    calls(&third, &server, "", "", "right ");
    wait_until_pushed(&third);
    flush(&one, &server, "").gives("pushed 0, refused 0, waiting 0\n");
    calls(&fourth, &server, "", "", "right ");
    assert_eq!(fourth.runs(), 0);
}

#[test]
fn a_push_that_could_not_look_looks_again() {
    let [one, other, third] = ["wrong ", "unused ", "right "].map(machine);
    let server = Server::new();
    server.know_no_condition();
    server.hold_one("PUT", 0);
    calls(&one, &server, "", "", "wrong ");
    wait_until("it is being pushed", || server.holds_one());
    clear(&other, &server);
    let asked = server.requests("HEAD");
    server.answer_once("HEAD", "503 Service Unavailable");
    server.release();
    wait_until("it has looked", || server.requests("HEAD") > asked);
    flush(&one, &server, "").output();
    wait_until_pushed(&one);
    calls(&third, &server, "", "", "right ");
}
