//! Silent inputs, dialogues and sockets. No command sees an end of input that is not there.
#![cfg(target_os = "linux")]

use super::harness::{Call, Sandbox, Texts, wait_until};
use super::stdin::sandbox;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a call with this standard input, and keeps its other end open until the call has ended.
fn with_stdin<T>(mut call: Call, stdin: impl Into<OwnedFd>, other_end: T) -> Output {
    call.command.stdin(Stdio::from(stdin.into())).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = call.command.spawn().expect("started");
    // The call holds our copy of the read end.
    drop(call);
    let output = child.wait_with_output().expect("ended");
    drop(other_end);
    output
}

#[track_caller]
fn gives(output: &Output, stdout: &str) {
    let stderr = output.stderr_text();
    assert_eq!(output.stdout_text(), stdout, "{stderr}");
}

/// Runs a call with an empty pipe that stays open.
fn silently(call: Call) -> Output {
    let (read, write) = std::io::pipe().expect("a pipe");
    with_stdin(call, read, write)
}

/// Runs a call with a socket, to which this was written, and which stays open unless `is_ended`.
fn by_socket(call: Call, written: &[u8], is_ended: bool) -> Output {
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    theirs.write_all(written).expect("written");
    if is_ended {
        theirs.shutdown(std::net::Shutdown::Write).expect("shut down");
    }
    with_stdin(call, ours, theirs)
}

#[test]
fn a_run_with_a_silent_input_is_a_hit_for_a_silent_input() {
    let sandbox = sandbox();
    for _ in 0..2 {
        gives(&silently(sandbox.cachex("./job.sh 1")), "job 1\n");
        assert_eq!(sandbox.runs(), 1);
    }
    let explained = silently(sandbox.cachex("explain ./job.sh 1"));
    assert!(explained.stdout.starts_with(b"hit: "), "{}", explained.stdout.escape_ascii());
    for _ in 0..2 {
        gives(&by_socket(sandbox.cachex("./job.sh 1"), b"", false), "job 1\n");
        assert_eq!(sandbox.runs(), 2, "a socket is another input");
    }
    for (runs, other) in [(3, "</dev/null"), (4, "<&-"), (5, "<job.sh")] {
        sandbox.sh(&format!("cachex ./job.sh 1 {other}")).gives("job 1\n");
        assert_eq!(sandbox.runs(), runs, "{other}");
    }
    let (read, write) = std::io::pipe().expect("a pipe");
    drop(write);
    gives(&with_stdin(sandbox.cachex("./job.sh 1"), read, ()), "job 1\n");
    assert_eq!(sandbox.runs(), 6);
}

#[test]
fn a_hit_for_a_silent_input_leaves_later_input_alone() {
    let sandbox = sandbox();
    let look = "exec perl -e 'vec($r, 0, 1) = 1; $n = select($r, undef, undef, 0); \
                print $n ? scalar <STDIN> : \"silent\\n\"'";
    sandbox.script("look.sh", look);
    for _ in 0..2 {
        gives(&silently(sandbox.cachex("./look.sh")), "silent\n");
        gives(&by_socket(sandbox.cachex("./look.sh"), b"", false), "silent\n");
    }
    assert_eq!(sandbox.runs(), 2);
    let (read, mut write) = std::io::pipe().expect("a pipe");
    write.write_all(b"line\n").expect("written");
    gives(&with_stdin(sandbox.cachex("./look.sh"), read, write), "line\n");
    gives(&by_socket(sandbox.cachex("./look.sh"), b"line\n", false), "line\n");
}

#[test]
fn input_during_the_run_is_not_silence() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo started go").gives("");
    sandbox.script("late.sh", "echo > started; read x < go; echo done");
    for _ in 0..2 {
        let writer = "(read x < started; echo data; echo > go; cat hold)";
        sandbox.sh("rm -f hold; mkfifo hold").gives("");
        let call =
            format!("exec timeout 60 sh -c '{writer} | (cachex ./late.sh; echo > hold; cat)'");
        sandbox.sh(&call).gives("done\ndata\n\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_known_reader_waits_for_its_input_but_not_for_ever() {
    let sandbox = sandbox();
    sandbox.script("reader", "read a; echo got $a; cat >/dev/null");
    let dialogue = "coproc P { cachex -- ./reader; }; echo \"$0\" >&${P[1]}; read x <&${P[0]}; echo \"$x\"; \
                    eval \"exec ${P[1]}>&-\"; wait";
    for round in 1..=3 {
        let call = sandbox.program("timeout", &["60", "bash", "-c", dialogue, "line"]);
        call.gives("got line\n");
        assert_eq!(
            sandbox.runs(),
            round,
            "the rest of the input is unknown, so nothing is replayed"
        );
    }
    // Once the end has come, the content is known.
    sandbox.sh("echo line | cachex ./reader").gives("got line\n");
    sandbox.sh("(echo line; sleep 0.01) | cachex ./reader").gives("got line\n");
    assert_eq!(sandbox.runs(), 3);
    // An entry for a silent input is not replayed to a reader.
    sandbox.script("maybe", "test -e read || exit 0; : | read x; read a; echo got $a");
    gives(&silently(sandbox.cachex("./maybe")), "");
    sandbox.write("read", "");
    let (read, mut write) = std::io::pipe().expect("a pipe");
    write.write_all(b"1\n").expect("written");
    drop(write);
    gives(&with_stdin(sandbox.cachex("./maybe"), read, ()), "got 1\n");
    let (read, mut write) = std::io::pipe().expect("a pipe");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(1200));
        write.write_all(b"2\n").expect("written");
    });
    gives(&with_stdin(sandbox.cachex("./maybe"), read, ()), "got 2\n");
    writer.join().expect("written");
}

#[test]
fn an_expired_reader_gets_no_entry_for_a_silent_input() {
    let sandbox = sandbox();
    sandbox.script("maybe", "test -e silent && exit; read a; echo got $a");
    sandbox.sh("echo 1 | cachex ./maybe").gives("got 1\n");
    sandbox.age(100);
    sandbox.write("silent", "");
    gives(&silently(sandbox.cachex("--refresh ./maybe")), "");
    assert_eq!(sandbox.runs(), 2);
    gives(&silently(sandbox.cachex("--ttl 50 ./maybe")), "");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_pipe_that_is_open_for_writing_is_passed_through_and_not_stored() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo both").gives("");
    let call = "exec 3<> both; echo x >&3; cachex -v ./line.sh <&3 3<&-";
    sandbox.script("line.sh", "read x; echo $x");
    for _ in 0..2 {
        let stderr = sandbox.sh(&format!("exec timeout 60 sh -c '{call}'")).tells("x\n", 0);
        assert!(
            stderr.contains("cachex: not stored: cachex cannot tell whether it reads"),
            "{stderr}"
        );
    }
}

#[test]
fn a_known_reader_gets_all_input_longer_than_a_pipe() {
    let sandbox = sandbox();
    sandbox.script(
        "reader",
        "exec perl -e '$n = 0; while (sysread STDIN, $x, 65536) { $n += length $x; \
        if ($x =~ /q/) { $| = 1; print \"$n\\n\" } }'",
    );
    let line = "x".repeat(300_000) + "q";
    sandbox.cachex("./reader").stdin(line.clone()).gives("300001\n");
    for _ in 0..2 {
        let mut call = sandbox.program("timeout", &["60", "cachex", "./reader"]);
        call.command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = call.command.spawn().expect("started");
        let (mut to, mut from) =
            (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        to.write_all(line.as_bytes()).expect("written");
        let mut answer = [0; 7];
        from.read_exact(&mut answer).expect("an answer, though the pipe is open");
        assert_eq!(&answer, b"300001\n");
        to.write_all(b"q").expect("written");
        from.read_exact(&mut answer).expect("another");
        drop(to);
        assert!(child.wait().expect("ended").success());
    }
    sandbox.cachex("./reader").stdin(line).gives("300001\n");
}

#[test]
fn a_smaller_pipe_does_not_cause_a_false_end() {
    let sandbox = sandbox();
    // The command's pipe becomes smaller than ours.
    let shrink = "fcntl(STDIN, 1031, 4096) or die $!; open G, \">go\"; close G; \
                  while (<STDIN>) { print; select undef, undef, undef, 0.01 if $. < 5 }";
    sandbox.sh("mkfifo go").gives("");
    sandbox.write("shrink.pl", shrink);
    let expected = (1..=100_000).map(|i| i.to_string() + "\n").collect::<String>();
    let writer = "(cat go; seq 100000)";
    for _ in 0..2 {
        sandbox
            .sh(&format!("exec timeout 60 sh -c '{writer} | cachex perl shrink.pl'"))
            .gives(&expected);
        // The second call is a hit, so the command does not open `go`.
        sandbox.sh("rm go; mkfifo go; (timeout 5 sh -c ': > go' &)").output();
    }
}

#[test]
fn a_second_reader_of_the_pipe_does_not_cause_a_false_end() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo started go more").gives("");
    sandbox.script("late.sh", "echo > started; read x < go; exec cat");
    // Another process takes a part of the offered input. The command still gets the rest.
    let other = "read x < started; read line; echo > go; echo \"$line\" > more";
    let script = format!(
        "(echo first; echo 2; read x < more; echo $x again) | \
         {{ exec 3<&0; cachex ./late.sh <&3 3<&- & exec 3<&-; {other}; exec <&-; wait; }}"
    );
    let call = sandbox.program("timeout", &["30", "sh", "-c", &script]);
    call.gives("first\n2\nfirst again\n");
}

#[test]
fn socket_pairs_count_like_pipes() {
    let sandbox = sandbox();
    for round in 1..=2 {
        for (written, runs) in [("", 1), ("a\n", 2), ("b\n", 3)] {
            gives(&by_socket(sandbox.cachex("./cat.sh"), written.as_bytes(), true), written);
            assert!(sandbox.runs() == if round == 1 { runs } else { 3 }, "{written}");
        }
    }
    sandbox.sh("echo a | cachex ./cat.sh").gives("a\n");
    assert_eq!(sandbox.runs(), 4, "a pipe is another input");
    // Unread input stays in the socket.
    sandbox.script("line.sh", "read x; echo $x");
    for _ in 0..2 {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        theirs.write_all(b"1\n2\n3\n").expect("written");
        let left = sandbox.sh("cachex ./line.sh; cachex ./job.sh; read x; echo $x; cat");
        theirs.shutdown(std::net::Shutdown::Write).expect("shut down");
        gives(&with_stdin(left, ours, theirs), "1\njob \n2\n3\n");
    }
    // More than cachex can look into.
    let long = "x".repeat(150_000);
    for _ in 0..2 {
        gives(&by_socket(sandbox.cachex("./cat.sh"), long.as_bytes(), true), &long);
    }
}

#[test]
fn an_ended_input_is_an_empty_input() {
    let sandbox = sandbox();
    for _ in 0..3 {
        gives(&by_socket(sandbox.cachex("./job.sh"), b"", true), "job \n");
    }
    assert_eq!(sandbox.runs(), 1, "each is a hit");
}

#[test]
fn an_input_that_ends_just_after_the_start_is_an_empty_input() {
    let sandbox = sandbox();
    gives(&by_socket(sandbox.cachex("./job.sh"), b"", true), "job \n");
    for _ in 0..20 {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut call = sandbox.cachex("-v ./job.sh");
        call.command.stdin(Stdio::from(OwnedFd::from(ours))).stdout(Stdio::piped());
        call.command.stderr(Stdio::piped());
        let before = Instant::now();
        let child = call.command.spawn().expect("started");
        theirs.shutdown(std::net::Shutdown::Write).expect("shut down");
        // A call waits 10 ms for the end. Under load the end may come later.
        let is_in_time = before.elapsed() < Duration::from_millis(10);
        let output = child.wait_with_output().expect("ended");
        gives(&output, "job \n");
        let told = output.stderr_text();
        assert!(told.contains("hit: ") || !is_in_time, "{told}");
    }
}

#[test]
fn a_command_may_write_to_a_socket_that_is_its_input() {
    let sandbox = sandbox();
    sandbox.script("talk.sh", "echo question >&0; read x; echo got $x; echo $x again >&0");
    for _ in 0..2 {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        theirs.set_read_timeout(Some(std::time::Duration::from_mins(1))).expect("set");
        let partner = std::thread::spawn(move || {
            let mut question = [0; 9];
            (&theirs).read_exact(&mut question).expect("read");
            (&theirs).write_all(b"answer\n").expect("written");
            let mut rest = String::new();
            (&theirs).read_to_string(&mut rest).expect("read");
            (question, rest)
        });
        gives(&with_stdin(sandbox.cachex("./talk.sh"), ours, ()), "got answer\n");
        let (question, rest) = partner.join().expect("talked");
        assert_eq!((&question, &rest[..]), (b"question\n", "answer again\n"));
    }
    assert_eq!(sandbox.runs(), 2);
    sandbox.script("say.sh", "echo x >&0");
    let said = by_socket(sandbox.cachex("-v ./say.sh"), b"", true).stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("not stored: it wrote to its standard input"), "{said}");
}

#[test]
fn other_sockets_are_passed_through_and_not_stored() {
    let sandbox = sandbox();
    let path = sandbox.dir.join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("bound");
    for runs in 1..=2 {
        let mut client = UnixStream::connect(&path).expect("connected");
        client.write_all(b"through a socket").expect("written");
        client.shutdown(std::net::Shutdown::Write).expect("shut down");
        let (server, _) = listener.accept().expect("accepted");
        gives(&with_stdin(sandbox.cachex("./cat.sh"), server, client), "through a socket");
        assert_eq!(sandbox.runs(), runs);
    }
}

#[test]
fn renewals_get_a_silent_input_and_a_closed_one() {
    let sandbox = Sandbox::new();
    let script = "if test -e first; then echo new; read x; else : > first; echo old; fi";
    // The second script reads, but there is neither data nor an end.
    sandbox.script("s.sh", &script.replace("read x", "timeout 0.2 cat; echo $? > ended"));
    let call = "--ttl 100 --stale-while-revalidate 1h ./s.sh";
    gives(&silently(sandbox.cachex(call)), "old\n");
    sandbox.age(200);
    gives(&silently(sandbox.cachex(call)), "old\n");
    sandbox
        .sh("timeout 20 sh -c 'until test -s ended; do sleep 0.01; done'; cat ended")
        .gives("124\n");
    let stored = || {
        let output = silently(sandbox.cachex("--only-if-cached ./s.sh"));
        output.stdout == b"new\n"
    };
    wait_until("the renewed entry is stored", stored);
    sandbox.sh("rm first ended; mkfifo renewed").gives("");
    sandbox.script(
        "c.sh",
        "cat 2>/dev/null && echo open || echo closed; \
                            test -e first && echo > renewed; : > first",
    );
    let closed = format!("cachex {} <&-", call.replace("s.sh", "c.sh"));
    sandbox.sh(&closed).gives("closed\n");
    sandbox.age(200);
    sandbox.sh(&closed).gives("closed\n");
    sandbox.sh("timeout 20 cat renewed").gives("\n");
    sandbox.sh("timeout 20 cachex --ttl 100 ./c.sh <&-").gives("closed\n");
}
