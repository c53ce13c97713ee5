//! A marker and a result want the same place: a command that does not always read its standard input.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Sandbox, wait_until};

/// Whether the command reads depends on a file that nobody names.
fn machine(reads: bool) -> Sandbox {
    let sandbox = checkout("if test -e reads; then cat; else echo out; fi");
    if reads {
        sandbox.write("reads", "");
    }
    sandbox
}

fn call(sandbox: &Sandbox, server: &Server, options: &str, stdin: &str, stdout: &str) {
    sharing(sandbox, server, &format!("{options} ./s.sh")).stdin(stdin).gives(stdout);
    wait_until_pushed_or_nothing(sandbox);
}

fn wait_until_pushed_or_nothing(sandbox: &Sandbox) {
    if sandbox.store_dir().join("outbox").exists() {
        wait_until_pushed(sandbox);
    }
}

#[test]
fn a_marker_takes_the_place_of_a_result_that_is_of_no_use() {
    for options in ["--refresh", "--ttl 1s"] {
        let server = Server::new();
        let [first, other, third] = [false, true, true].map(machine);
        call(&first, &server, "", "in", "out\n");
        assert_eq!(server.objects().len(), 1);
        wait_until("it has expired", || {
            let fresh = checkout("if test -e reads; then cat; else echo out; fi");
            fresh.write("reads", "");
            options != "--ttl 1s" || {
                // Each call hears the clock of the remote anew, which counts seconds.
                let told =
                    sharing(&fresh, &server, "-v --remote-mode read --ttl 2s ./s.sh").stdin("in");
                String::from_utf8_lossy(&told.output().stderr).contains("it has expired")
            }
        });
        call(&other, &server, options, "in", "in");
        assert_eq!(server.objects().len(), 2, "{options}");
        call(&third, &server, "", "in", "in");
        assert_eq!(third.runs(), 0, "{options}");
    }
}

#[test]
fn a_marker_leads_to_a_result_for_any_input() {
    let server = Server::new();
    let [first, other, third, fourth] = [true, false, false, true].map(machine);
    call(&first, &server, "", "in", "in");
    call(&other, &server, "", "another", "out\n");
    call(&third, &server, "", "third", "out\n");
    assert_eq!((other.runs(), third.runs()), (1, 0));
    call(&fourth, &server, "", "fourth", "out\n");
    assert_eq!((fourth.runs(), server.objects().len()), (0, 3));
}

#[test]
fn a_marker_leaves_a_long_result_where_it_is() {
    const LONG: &str = "if test -e reads; then cat; else head -c 34000000 /dev/urandom; fi";
    let (server, [short, long, third]) = (Server::new(), [LONG; 3].map(checkout));
    short.write("reads", "");
    server.hold_one("PUT", 0);
    sharing(&short, &server, "./s.sh").stdin("in").gives("in");
    wait_until("its result is on its way", || server.holds_one());
    let output = sharing(&long, &server, "./s.sh").stdin("in").output();
    wait_until_pushed(&long);
    server.release();
    wait_until_pushed(&short);
    let other = sharing(&third, &server, "./s.sh").stdin("in").output();
    assert!(other.stdout == output.stdout && third.runs() == 0);
}
