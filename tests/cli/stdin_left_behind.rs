//! Processes that the command leaves behind and that continue to read its standard input.
#![cfg(target_os = "linux")]

use super::harness::{Call, Sandbox, Texts, wait_until};
use super::stdin::sandbox;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

/// The two ends of a pipe and of a socket.
fn channels() -> [(&'static str, OwnedFd, File); 2] {
    let (read, write) = std::io::pipe().expect("a pipe");
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let file = |fd: OwnedFd| File::from(fd);
    [("pipe", read.into(), file(write.into())), ("socket", ours.into(), file(theirs.into()))]
}

/// A command that leaves a process behind. That process waits for `go` and then runs `what` with the input as
/// descriptor 4.
fn leaving(sandbox: &Sandbox, what: &str) {
    sandbox.sh("test -p go || mkfifo go over").gives("");
    let left_behind = format!("exec >/dev/null 2>&1; read x < go; {what}; exec 4<&-; : > over");
    sandbox.script("s.sh", &format!("exec 4<&0 </dev/null; ({left_behind}) & echo hi"));
}

/// Runs a call to its end and returns its standard error.
fn stderr_of(mut call: Call, stdin: &OwnedFd) -> String {
    let stdin = stdin.try_clone().expect("cloned");
    call.command.stdin(Stdio::from(stdin)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = call.command.spawn().expect("started");
    drop(call);
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.stdout, b"hi\n", "{}", output.stderr.escape_ascii());
    output.stderr_text()
}

#[test]
fn a_process_left_behind_gets_all_later_input_and_the_run_is_not_stored() {
    let sandbox = sandbox();
    leaving(&sandbox, "cat <&4 > late");
    let mut runs = 0;
    for at_first in ["one\n", "", &format!("{:060}\n", 1).repeat(2000)] {
        for program in ["./s.sh", "cachex -v -- ./s.sh", "cachex -v -- ./s.sh"] {
            for (kind, read, mut write) in channels() {
                let first = at_first.to_owned();
                let writer = std::thread::spawn(move || {
                    write.write_all(first.as_bytes()).expect("written");
                    write
                });
                let told = stderr_of(sandbox.sh(&format!("exec {program}")), &read);
                runs += 1;
                assert_eq!(sandbox.runs(), runs, "{program} with a {kind}");
                let is_bare = program == "./s.sh";
                // Under load it may also hold the output for too long.
                let reason = "not stored: a process left behind still holds ";
                assert!(is_bare || told.contains(reason), "{told}");
                drop(read);
                sandbox.sh("timeout 30 sh -c 'echo > go'").gives("");
                let mut write = writer.join().expect("written");
                write.write_all(b"two\n").expect("written");
                drop(write);
                sandbox.sh("timeout 30 cat over").gives("");
                let late = std::fs::read_to_string(sandbox.dir.join("late")).expect("read");
                assert!(
                    late == format!("{at_first}two\n"),
                    "{program} with a {kind}: {}",
                    late.len()
                );
            }
        }
    }
}

#[test]
fn input_that_cachex_read_before_reaches_it_in_full() {
    let sandbox = sandbox();
    leaving(&sandbox, "cat <&4 > late");
    let long = format!("{:060}\n", 1).repeat(20_000);
    for option in ["cachex --stdin --", "cachex --stdin --hash-with stdin=cat --refresh --"] {
        sandbox.sh(&format!("exec {option} ./s.sh")).stdin(long.as_bytes()).gives("hi\n");
        sandbox.sh("timeout 30 sh -c 'echo > go; cat over'").gives("");
        let late = std::fs::read_to_string(sandbox.dir.join("late")).expect("read");
        assert!(late == long, "{option}: {}", late.len());
    }
}

#[test]
fn unread_input_stays_in_the_pipe() {
    for (kind, read, mut write) in channels() {
        let sandbox = sandbox();
        leaving(&sandbox, "read x <&4; echo $x > late");
        write.write_all(b"one\ntwo\n").expect("written");
        stderr_of(sandbox.cachex("./s.sh"), &read);
        sandbox.sh("timeout 30 sh -c 'echo > go; cat over'").gives("");
        // cachex removes the read bytes from our pipe shortly after.
        wait_until("the read bytes are removed", || {
            rustix::io::ioctl_fionread(&read).is_ok_and(|left| left <= 4)
        });
        drop(write);
        let mut left = String::new();
        File::from(read).read_to_string(&mut left).expect("read");
        let late = std::fs::read_to_string(sandbox.dir.join("late")).expect("read");
        assert_eq!((late.as_str(), left.as_str()), ("one\n", "two\n"), "{kind}");
    }
}

#[test]
fn a_process_that_closes_the_input_at_once_does_not_prevent_storing() {
    let sandbox = sandbox();
    // The first two hold the input a little longer than the command.
    for number in 0..5 {
        let script = "exec 4<&0 </dev/null; (exec >/dev/null 2>&1; :) & exec 4<&-; echo hi";
        let words = ["-v", "--key", &number.to_string(), "--", "sh", "-c", script];
        let (read, _write) = std::io::pipe().expect("a pipe");
        let told = stderr_of(sandbox.cachex_words(words), &read.into());
        assert!(told.contains("stored") && !told.contains("not stored"), "{told}");
    }
}
