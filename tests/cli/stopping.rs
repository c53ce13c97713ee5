//! Stopping and continuing cachex and its command.

use super::harness::Sandbox;
#[cfg(target_os = "linux")]
use super::harness::skipped;
#[cfg(target_os = "linux")]
use super::signals::Ready;
use super::signals::start;
use rustix::process::Signal;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;

#[test]
fn a_stopped_cachex_continues() {
    let sandbox = Sandbox::with_script("echo ready; read x < go; echo $x");
    sandbox.sh("mkfifo go").gives("");
    let ready = start(sandbox.cachex("./s.sh"));
    ready.send(Signal::TSTP);
    ready.send(Signal::CONT);
    sandbox.go_with("went on");
    let (rest, status) = ready.end();
    assert_eq!((rest.as_str(), status.code()), ("went on\n", Some(0)));
}

#[cfg(target_os = "linux")]
#[test]
fn cachex_stops_continues_and_dies_with_its_command() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo $$; read x < go; echo went on");
    let kill = |signal: &str, ready: &Ready| {
        sandbox.sh(&format!("kill -{signal} {}", ready.first.trim())).gives("");
    };
    let ready = start(sandbox.cachex("./s.sh"));
    kill("STOP", &ready);
    assert_eq!(ready.stopping_signal(), libc::SIGSTOP);
    kill("CONT", &ready);
    sandbox.go();
    let (rest, status) = ready.end();
    assert_eq!((rest.as_str(), status.code()), ("went on\n", Some(0)));
    let ready = start(sandbox.cachex("--refresh ./s.sh"));
    kill("STOP", &ready);
    assert_eq!(ready.stopping_signal(), libc::SIGSTOP);
    kill("KILL", &ready);
    assert_eq!(ready.end().1.signal(), Some(libc::SIGKILL));
}

#[cfg(target_os = "linux")]
#[test]
fn without_proc_a_stopped_cachex_stays_stopped() {
    let sandbox = Sandbox::new();
    let mount = "mount -t tmpfs none /proc";
    if !sandbox.program("unshare", &["--mount", "sh", "-c", mount]).output().status.success() {
        return skipped("the right to mount");
    }
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo ready; read x < go; echo $x");
    let script = format!("{mount} && exec cachex ./s.sh");
    let ready = start(sandbox.program("unshare", &["--mount", "sh", "-c", &script]));
    ready.send(Signal::TSTP);
    assert_eq!(ready.stopping_signal(), libc::SIGTSTP);
    // Leave enough time for a wrong continuation to happen.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let stat = format!("grep -c '^State:.T' /proc/{}/status", ready.child.id());
    sandbox.sh(&stat).gives("1\n");
    ready.send(Signal::CONT);
    sandbox.go_with("went on");
    let (rest, status) = ready.end();
    assert_eq!((rest.as_str(), status.code()), ("went on\n", Some(0)));
}

/// A command that a container runs within the session of a terminal outside looks like this.
#[cfg(target_os = "linux")]
#[test]
fn cachex_stops_in_a_session_outside_its_pid_namespace() {
    let sandbox = Sandbox::new();
    let script =
        "exec 2>/dev/null; set -m; cachex ./s.sh > out 2>&1 & until test -e ready; do sleep 0.01; done
        kill -TSTP $!; until grep -q '^State:.T' /proc/$!/status; do sleep 0.01; done
        kill -CONT $!; echo went on > go; wait $!; echo $?; cat out";
    let way = ["--pid", "--fork", "--mount-proc", "bash", "-c"];
    let call = |script| sandbox.program("unshare", &[&way[..], &[script]].concat());
    if !call("true").output().status.success() {
        return skipped("the right to make a PID namespace");
    }
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "echo >> ready; read x < go; echo $x");
    call(script).gives("0\nwent on\n");
}
