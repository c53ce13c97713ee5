//! Results that depend on what came through standard input.

use super::machine::{checkout, sharing, wait_until_pushed};
use super::server::Server;
use crate::harness::{Texts as _, wait_until};
use std::io::Write as _;
use std::process::Stdio;

#[test]
fn what_came_through_a_pipe_decides_on_any_machine() {
    let (server, one, other) = (Server::new(), checkout("cat"), checkout("cat"));
    for input in ["one", "another", ""] {
        sharing(&one, &server, "./s.sh").stdin(input).gives(input);
    }
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 4);
    for input in ["another", "one", ""] {
        let asked = server.requests("GET");
        sharing(&other, &server, "./s.sh").stdin(input).gives(input);
        assert_eq!(server.requests("GET") - asked, 2);
        sharing(&other, &server, "./s.sh").stdin(input).gives(input);
        assert_eq!(server.requests("GET") - asked, 2);
    }
    assert_eq!((one.runs(), other.runs()), (3, 0));
    sharing(&other, &server, "./s.sh").stdin("third").gives("third");
    // The null device is no pipe.
    sharing(&other, &server, "./s.sh").gives("");
    assert_eq!(other.runs(), 2);
}

#[test]
fn a_long_input_is_read_and_reaches_the_command_whole() {
    let (server, one, other) = (Server::new(), checkout("wc -c"), checkout("wc -c"));
    let long = "line\n".repeat(100_000);
    sharing(&one, &server, "./s.sh").stdin(long.clone()).gives("500000\n");
    wait_until_pushed(&one);
    sharing(&other, &server, "./s.sh").stdin(long.clone()).gives("500000\n");
    assert_eq!(other.runs(), 0);
    let third = checkout("wc -c");
    sharing(&third, &server, "./s.sh").stdin(format!("{long}more")).gives("500004\n");
    sharing(&third, &server, "./s.sh").stdin("short").gives("5\n");
    assert_eq!(third.runs(), 2);
}

#[test]
fn an_input_that_falls_silent_reaches_the_command() {
    let body = "read x; echo $x; cat";
    let (server, one, other) = (Server::new(), checkout(body), checkout(body));
    sharing(&one, &server, "./s.sh").stdin("a\nb\n").gives("a\nb\n");
    wait_until_pushed(&one);
    let (input, mut writer) = std::io::pipe().expect("a pipe");
    let mut command = sharing(&other, &server, "./s.sh").command;
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let call = command.spawn().expect("started");
    drop(command);
    writer.write_all(b"x\n").expect("written");
    wait_until("the command runs", || other.runs() == 1);
    writer.write_all(b"y\n").expect("written");
    drop(writer);
    let output = call.wait_with_output().expect("waited for");
    assert_eq!(output.stdout_text(), "x\ny\n");
}

#[test]
fn a_command_that_leaves_its_input_alone_has_one_result_for_all() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    sharing(&one, &server, "./s.sh").stdin("left alone").gives("out\n");
    wait_until_pushed(&one);
    assert_eq!(server.objects().len(), 1);
    sharing(&other, &server, "./s.sh").stdin("something else").gives("out\n");
    assert_eq!(other.runs(), 0);
}

#[test]
fn what_a_traced_run_has_read_and_what_came_in_both_decide() {
    let (server, one) = (Server::new(), checkout("cat lib -"));
    one.write("lib", "1");
    let words = "--trace --trace-ignore ran ./s.sh";
    for _ in 0..5 {
        sharing(&one, &server, words).stdin("a").gives("1a");
        if !one.entries().is_empty() {
            break;
        }
    }
    wait_until_pushed(&one);
    let machine = |lib: &str| {
        let sandbox = checkout("cat lib -");
        sandbox.write("lib", lib);
        sandbox
    };
    for (lib, input, runs) in [("1", "a", 0), ("1", "b", 1), ("2", "a", 1)] {
        let other = machine(lib);
        sharing(&other, &server, words).stdin(input).gives(format!("{lib}{input}"));
        assert_eq!(other.runs(), runs, "{lib}{input}");
    }
}
