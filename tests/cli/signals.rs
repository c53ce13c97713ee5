//! Signals reach the command as they would without cachex, and what they disturb is not stored.

use super::harness::{Call, Sandbox};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

/// A call whose command has said that it is ready.
struct Ready {
    child: Child,
    stdout: BufReader<ChildStdout>,
    first: String,
}

fn start(mut call: Call) -> Ready {
    let mut child =
        call.command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("started");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("read");
    Ready { child, stdout, first }
}

impl Ready {
    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("sent");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("read");
        line
    }

    fn end(mut self) -> (String, ExitStatus) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("read");
        (rest, self.child.wait().expect("ended"))
    }
}

/// Traps a signal, says so, and ends after it; `sleep` is waited for, so that the trap runs.
fn trapping(sandbox: &Sandbox, signal: &str, action: &str) {
    sandbox.script(
        "trap.sh",
        &format!("trap '{action}' {signal}; echo ready; while :; do sleep 0.02; done"),
    );
}

#[test]
fn the_command_handles_a_signal_and_its_last_words_arrive() {
    let sandbox = Sandbox::new();
    for (name, signal) in [
        ("TERM", Signal::TERM),
        ("HUP", Signal::HUP),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("WINCH", Signal::WINCH),
    ] {
        trapping(&sandbox, name, "echo last words; exit 7");
        for prefix in [&[][..], &["-v", "--cache-exit", "7", "--"]] {
            let call = if prefix.is_empty() {
                sandbox.sh("exec ./trap.sh")
            } else {
                sandbox.cachex_words(prefix.iter().chain(&["./trap.sh"]))
            };
            let mut call = call;
            call.command.stderr(Stdio::null());
            let ready = start(call);
            ready.send(signal);
            let (rest, status) = ready.end();
            assert_eq!((rest.as_str(), status.code()), ("last words\n", Some(7)), "{name}");
        }
    }
    // A window that changes its size disturbs nothing, the others may have.
    let stored = sandbox.store().list(&cachex::store::Selection::all()).expect("listed");
    assert_eq!(stored.len(), 1);
}

#[test]
fn a_signal_that_kills_the_command_gives_128_and_n() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo ready; exec sleep 100");
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::USR1, 138)] {
        let ready = start(sandbox.cachex("./s.sh"));
        ready.send(signal);
        assert_eq!(ready.end().1.code(), Some(code));
    }
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn an_alarm_reaches_the_command() {
    let sandbox = Sandbox::new();
    let alarm = "exec perl -e 'alarm 1; exec @ARGV' cachex sleep 1000";
    sandbox.sh(alarm).ends("", "", 142);
}

#[test]
fn one_signal_is_enough_while_the_reader_stalls() {
    let sandbox = Sandbox::new();
    let ready = start(sandbox.cachex("yes"));
    ready.send(Signal::TERM);
    let Ready { mut child, stdout: _stalled, .. } = ready;
    assert_eq!(child.wait().expect("ended").code(), Some(143));
}

#[test]
fn an_interrupt_ends_cachex_as_it_ended_the_command() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo ready; exec sleep 100");
    let ready = start(sandbox.cachex("./s.sh"));
    ready.send(Signal::INT);
    // Killed by the signal, not exit code 130: a shell ends its loop only then.
    assert_eq!(ready.end().1.signal(), Some(libc::SIGINT));
}

#[test]
fn the_command_can_ignore_an_interrupt() {
    let sandbox = Sandbox::new();
    trapping(&sandbox, "INT", "echo still here");
    let mut ready = start(sandbox.cachex("./trap.sh"));
    assert_eq!(ready.first, "ready\n");
    ready.send(Signal::INT);
    assert_eq!(ready.line(), "still here\n");
    ready.send(Signal::TERM);
    assert_eq!(ready.end().1.code(), Some(143));
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "trap; grep SigIgn /proc/self/status");
    if !std::path::Path::new("/proc/self/status").exists() {
        return;
    }
    let setting = "trap '' HUP USR1 PIPE;";
    let bare = sandbox.sh(&format!("{setting} exec ./s.sh")).output().stdout;
    sandbox.sh(&format!("{setting} exec cachex ./s.sh")).gives(&bare);
    sandbox.sh(&format!("{setting} exec cachex --no-cache ./s.sh")).gives(&bare);
    let bare = sandbox.sh("exec ./s.sh").output().stdout;
    sandbox.sh("exec cachex --refresh ./s.sh").gives(&bare);
}

#[cfg(target_os = "linux")]
#[test]
fn kill_9_of_cachex_takes_the_command_along() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo $$; exec sleep 1000");
    let ready = start(sandbox.cachex("./s.sh"));
    let command = ready.first.trim().to_owned();
    ready.send(Signal::KILL);
    // The pipe ends when the command, which holds its other end, is gone.
    assert_eq!(ready.end().1.signal(), Some(libc::SIGKILL));
    let alive = || {
        std::fs::read_to_string(format!("/proc/{command}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    };
    while alive() {
        std::thread::yield_now();
    }
}

#[test]
fn a_stopped_cachex_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo ready; read x < go; echo $x");
    sandbox.sh("mkfifo go").gives("");
    let ready = start(sandbox.cachex("./s.sh"));
    ready.send(Signal::TSTP);
    ready.send(Signal::CONT);
    std::fs::write(sandbox.dir.join("go"), "went on\n").expect("written");
    let (rest, status) = ready.end();
    assert_eq!((rest.as_str(), status.code()), ("went on\n", Some(0)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_finds_signals_as_our_caller_left_them() {
    let sandbox = Sandbox::new();
    let look = "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status";
    for set in
        ["block-signal=INT,USR1,TSTP", "ignore-signal=PIPE,CHLD,XFSZ,TSTP,HUP", "default-signal"]
    {
        let bare = sandbox.sh(&format!("env --{set} {look}")).output();
        assert!(bare.status.success(), "of the GNU core utilities since 8.31: env --{set}");
        sandbox.sh(&format!("env --{set} cachex --refresh {look}")).matches(&bare);
    }
}
