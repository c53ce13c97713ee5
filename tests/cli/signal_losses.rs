//! Output that is not yet read when a signal arrives.

use super::harness::Sandbox;
use super::signals::{Ready, start};
use rustix::process::Signal;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

/// A call whose command waits for `go`, then writes more than a pipe holds and ends.
fn long_at_its_end(sandbox: &Sandbox, call: &str) -> Ready {
    sandbox.sh("mkfifo go written").gives("");
    sandbox.script(
        "s.sh",
        "trap 'echo disturbed' USR1; echo ready; until { read x < go; } 2>/dev/null; do :; done
         head -c 120000 /dev/zero; echo > written; test ! \"$1\" || exec sleep 100",
    );
    let mut call = sandbox.sh(call);
    call.command.stderr(Stdio::piped());
    start(call)
}

fn told(ready: &mut Ready) -> String {
    let mut told = String::new();
    let mut stderr = ready.child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut told).expect("read");
    told
}

#[test]
fn a_signal_that_the_command_survives_loses_no_output() {
    for (signal, call, answer) in [
        (Signal::USR1, "exec cachex ./s.sh", "disturbed\n"),
        (Signal::HUP, "trap '' HUP; exec cachex ./s.sh", ""),
    ] {
        let sandbox = Sandbox::new();
        let mut ready = long_at_its_end(&sandbox, call);
        ready.send(signal);
        if !answer.is_empty() {
            assert_eq!(ready.line(), answer);
        }
        sandbox.sh("echo > go; read x < written").gives("");
        // A slow reader.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let mut rest = Vec::new();
        ready.stdout.read_to_end(&mut rest).expect("read");
        assert_eq!(rest.len(), 120_000, "{signal:?}");
        assert_eq!(told(&mut ready), "");
        assert!(ready.child.wait().expect("ended").success());
    }
}

const NOT_TAKEN: &str =
    "cachex: error: cannot write the output: the reader did not take it in time\n";

#[cfg(target_os = "linux")]
#[test]
fn a_signal_after_the_command_ended_loses_output_and_says_so() {
    let sandbox = Sandbox::new();
    let mut ready = long_at_its_end(&sandbox, "trap '' HUP; exec cachex ./s.sh");
    sandbox.sh("echo > go; read x < written").gives("");
    // Without children, cachex has seen the end of the command.
    let id = ready.child.id();
    let children = format!("/proc/{id}/task/{id}/children");
    sandbox.sh(&format!("while test \"$(cat {children})\"; do sleep 0.01; done")).gives("");
    ready.send(Signal::HUP);
    ready.send(Signal::TERM);
    assert_eq!(told(&mut ready), NOT_TAKEN);
    assert_eq!(ready.child.wait().expect("ended").signal(), Some(libc::SIGTERM));
}

#[test]
fn output_lost_to_a_stalled_reader_after_a_signal_is_reported() {
    // No message if it would have to wait for the same reader.
    for (call, loss) in
        [("exec cachex ./s.sh stay", NOT_TAKEN), ("exec cachex ./s.sh stay 2>&1", "")]
    {
        let sandbox = Sandbox::new();
        let mut ready = long_at_its_end(&sandbox, call);
        sandbox.sh("echo > go; read x < written").gives("");
        ready.send(Signal::TERM);
        assert_eq!(told(&mut ready), loss);
        assert_eq!(ready.child.wait().expect("ended").signal(), Some(libc::SIGTERM));
    }
}

#[test]
fn one_signal_ends_cachex_while_the_reader_stalls() {
    let sandbox = Sandbox::new();
    let ready = start(sandbox.cachex("yes"));
    ready.send(Signal::TERM);
    let Ready { mut child, stdout: _stalled, .. } = ready;
    assert_eq!(child.wait().expect("ended").signal(), Some(libc::SIGTERM));
}
