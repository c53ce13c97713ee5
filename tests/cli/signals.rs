//! Signals reach the command as without cachex. A disturbed run is not stored.

use super::harness::{Call, Sandbox};
#[cfg(target_os = "linux")]
use super::harness::{is_running, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

/// A call whose command has reported that it is ready.
pub struct Ready {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub first: String,
}

/// Starts a call in a process group of its own, which a signal can stop since this process could continue it. Waits for
/// its first line.
pub fn start(mut call: Call) -> Ready {
    let command = call.command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().expect("started");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("read");
    Ready { child, stdout, first }
}

/// A real-time signal.
#[cfg(target_os = "linux")]
const RT: i32 = 40;
#[cfg(not(target_os = "linux"))]
const RT: i32 = libc::SIGPROF;

impl Ready {
    #[allow(unsafe_code)]
    fn send_number(&self, signal: i32) {
        let id = i32::try_from(self.child.id()).expect("a process");
        // SAFETY: a plain system call, to a child that was not waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    pub fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("sent");
    }

    /// Waits until it has stopped.
    #[cfg(target_os = "linux")]
    pub fn stopping_signal(&self) -> i32 {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        let seen = waitid(WaitId::Pid(Pid::from_child(&self.child)), options).expect("waited for");
        seen.and_then(|seen| seen.stopping_signal()).expect("stopped")
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("read");
        line
    }

    pub fn end(mut self) -> (String, ExitStatus) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("read");
        (rest, self.child.wait().expect("ended"))
    }
}

/// Writes `trap.sh`, which traps a signal and reports when it is ready. The sleeps are short, since a shell runs traps
/// between commands.
fn trapping(sandbox: &Sandbox, signal: &str, action: &str) {
    sandbox.script(
        "trap.sh",
        &format!("trap '{action}' {signal}; echo ready; while :; do sleep 0.02; done"),
    );
}

#[test]
fn the_command_handles_a_signal_and_its_last_output_arrives() {
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
    // A change of the window size disturbs nothing; the other signals may.
    let stored = sandbox.entries();
    assert_eq!(stored.len(), 1);
}

#[test]
fn cachex_dies_of_the_signal_that_killed_the_command() {
    let sandbox = Sandbox::with_script("echo ready; exec sleep 100");
    let mortal = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGUSR1, libc::SIGABRT, RT];
    for signal in mortal {
        let ready = start(sandbox.cachex("./s.sh"));
        ready.send_number(signal);
        assert_eq!(ready.end().1.signal(), Some(signal));
    }
    assert_eq!(sandbox.runs(), mortal.len());
    for signal in [libc::SIGKILL, libc::SIGSEGV, libc::SIGPIPE, libc::SIGTERM, RT] {
        let suicide = sandbox.cachex_words(["sh", "-c", &format!("kill -{signal} $$")]);
        let status = suicide.output().status;
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal), false));
    }
}

#[test]
fn xargs_stops_when_a_command_was_killed() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .sh("echo 1 2 3 | xargs -n1 cachex -- sh -c 'echo $0; kill -9 $$' 2>/dev/null")
        .output();
    assert_eq!((&output.stdout[..], output.status.code()), (&b"1\n"[..], Some(125)));
}

#[test]
fn only_the_command_leaves_a_core_file() {
    let sandbox = Sandbox::new();
    let dump = "ulimit -c unlimited; cachex sh -c 'ulimit -c 0; kill -QUIT $$'; ls core* *core";
    let output = sandbox.sh(&format!("({dump}) 2>/dev/null")).output();
    assert_eq!(output.stdout.escape_ascii().to_string(), "");
}

#[test]
fn an_alarm_reaches_the_command() {
    let sandbox = Sandbox::new();
    let alarm = "exec perl -e 'alarm 1; exec @ARGV' cachex sleep 1000";
    assert_eq!(sandbox.sh(alarm).output().status.signal(), Some(libc::SIGALRM));
}

#[test]
fn an_interrupt_ends_cachex_as_it_ended_the_command() {
    let sandbox = Sandbox::with_script("echo ready; exec sleep 100");
    let ready = start(sandbox.cachex("./s.sh"));
    ready.send(Signal::INT);
    // Killed by the signal, not exit code 130: otherwise a shell would continue its loop.
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
    assert_eq!(ready.end().1.signal(), Some(libc::SIGTERM));
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let sandbox = Sandbox::with_script("trap; grep SigIgn /proc/self/status");
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
fn kill_9_of_cachex_kills_the_command() {
    let sandbox = Sandbox::with_script("echo $$; exec sleep 1000");
    let ready = start(sandbox.cachex("./s.sh"));
    let command = ready.first.trim().to_owned();
    ready.send(Signal::KILL);
    // The pipe ends when the command is gone, because it holds the other end.
    assert_eq!(ready.end().1.signal(), Some(libc::SIGKILL));
    wait_until("the command ends", || !is_running(&command));
}

/// A program that prints the number of every signal that it gets, and ends after SIGTERM. It handles all signals that
/// can be handled, and blocks none.
#[cfg(target_os = "linux")]
const LISTENER: &str = r#"
use Config;
use POSIX;
$| = 1;
my @names = split ' ', $Config{sig_name};
my @numbers = split ' ', $Config{sig_num};
my %number;
@number{@names} = @numbers;
my @heard;
for my $name (@names) {
    my $number = $number{$name};
    next if !$number || $number == 9 || $number == 19 || $number == 32 || $number == 33;
    POSIX::sigaction($number, POSIX::SigAction->new(sub { push @heard, $number }));
}
POSIX::sigprocmask(POSIX::SIG_SETMASK, POSIX::SigSet->new());
print "ready\n";
while (time < $^T + 60) {
    select undef, undef, undef, 0.01 if !@heard;
    while (@heard) {
        my $number = shift @heard;
        print "$number\n";
        exit 7 if $number == 15;
    }
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn every_signal_reaches_the_command_even_if_ignored_or_blocked_by_the_caller() {
    let sandbox = Sandbox::new();
    sandbox.write("listen.pl", LISTENER);
    let all = (1..=64).filter(|signal| ![9, 15, 19, 32, 33].contains(signal)).chain([15]);
    for caller in ["--default-signal", "--ignore-signal", "--block-signal"] {
        let call = ["-v", "--no-store", "perl", "listen.pl"];
        let words = [&[caller, env!("CARGO_BIN_EXE_cachex")][..], &call].concat();
        let mut ready = start(sandbox.program("env", &words));
        assert_eq!(ready.first, "ready\n", "{caller}");
        for signal in all.clone() {
            ready.send_number(signal);
            assert_eq!(ready.line(), format!("{signal}\n"), "{caller}");
        }
        assert_eq!(ready.end().1.code(), Some(7), "{caller}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_before_the_command_starts_is_not_lost() {
    let sandbox = Sandbox::new();
    sandbox.write("listen.pl", LISTENER);
    // The signal is ignored and blocked, so it stays pending until a handler exists.
    let words = "exec cachex --no-store perl listen.pl";
    let script = format!("kill -TERM $$; kill -40 $$; {words}");
    let caller = ["--block-signal=TERM,RTMIN+6", "--ignore-signal=TERM", "sh", "-c", &script];
    let ready = start(sandbox.program("env", &caller));
    assert_eq!(ready.end().1.code(), Some(7));
}

#[test]
fn a_command_may_handle_a_signal_that_the_caller_ignores() {
    let sandbox = Sandbox::new();
    let listen = "$|=1; $SIG{$ARGV[0]}=sub{print \"caught\\n\"; exit 9}; print \"ready\\n\";
        select undef,undef,undef,.02 while time < $^T + 60";
    sandbox.write("listen.pl", listen);
    for (name, signal) in [("INT", Signal::INT), ("HUP", Signal::HUP), ("QUIT", Signal::QUIT)] {
        let script = format!("trap '' {name}; exec cachex -v perl listen.pl {name} 2>told");
        let ready = start(sandbox.sh(&script));
        ready.send(signal);
        let (rest, status) = ready.end();
        assert_eq!((rest.as_str(), status.code()), ("caught\n", Some(9)), "{name}");
        let told = std::fs::read_to_string(sandbox.dir.join("told")).expect("told");
        assert!(told.contains("not stored: signal"), "{told}");
    }
}

#[test]
fn a_command_survives_a_signal_that_the_caller_ignores() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo ready; read x < go; echo $x");
    let ready = start(sandbox.sh("trap '' HUP; exec cachex ./s.sh"));
    ready.send(Signal::HUP);
    sandbox.go_with("went on");
    let (rest, status) = ready.end();
    assert_eq!((rest.as_str(), status.code()), ("went on\n", Some(0)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_from_the_command_to_its_group_reaches_it_once() {
    let sandbox = Sandbox::new();
    // Repeated, because two signals at the same time merge into one.
    let ten = "$|=1; my $n = 0; $SIG{USR1}=sub{$n++};
        for (1..10) { kill USR1 => 0; for (1..5) { select undef,undef,undef,.01 } } print \"$n\\n\"";
    let mut call = sandbox.cachex_words(["perl", "-e", ten]);
    call.command.process_group(0);
    call.gives("10\n");
}

#[cfg(target_os = "linux")]
#[test]
fn the_command_inherits_the_callers_signal_dispositions_and_mask() {
    let sandbox = Sandbox::new();
    let look = "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status";
    for set in
        ["block-signal=INT,USR1,TSTP", "ignore-signal=PIPE,CHLD,XFSZ,TSTP,HUP", "default-signal"]
    {
        let bare = sandbox.sh(&format!("env --{set} {look}")).output();
        assert!(bare.status.success(), "needs GNU core utilities 8.31 or later: env --{set}");
        sandbox.sh(&format!("env --{set} cachex --refresh {look}")).matches(&bare);
    }
}
