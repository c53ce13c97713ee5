//! Ctrl-C, Ctrl-Z and hang-ups of a terminal that cachex and its command share.

use super::harness::Sandbox;
use super::harness::terminal::on_terminal;
use std::os::unix::process::ExitStatusExt;

#[test]
fn ctrl_c_ends_both_and_removes_the_spinner() {
    let sandbox = Sandbox::with_script("exec sleep 1000");
    let mut terminal = on_terminal(sandbox.cachex("./s.sh"), 24, 80);
    terminal.wait_for("0.5s");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2K"), "{seen:?}");
    assert_eq!(status.signal(), Some(libc::SIGINT));
    assert!(sandbox.entries().is_empty());
}

/// Expects that Ctrl-C ends a shell loop around such a call.
#[track_caller]
pub fn ctrl_c_ends_the_loop_around(call: &str) {
    let sandbox = Sandbox::new();
    let script = format!("while :; do {call} sh -c 'echo ready; exec sleep 1000'; done");
    let mut terminal = on_terminal(sandbox.program("bash", &["-c", &script]), 24, 80);
    terminal.wait_for("ready");
    terminal.press(3);
    let (seen, status) = terminal.end();
    assert_eq!(seen.matches("ready").count(), 1);
    assert_eq!(status.signal(), Some(libc::SIGINT));
}

#[test]
fn ctrl_c_ends_the_loop_around_it() {
    ctrl_c_ends_the_loop_around("cachex --no-spinner");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_stops_cachex_only_with_its_command() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    // A command that handles the signal, and one that does not.
    let handles = "$|=1; $SIG{TSTP}=sub{print \"handled\\n\"; exit 3}; print \"ready\\n\"; \
                   select undef,undef,undef,.02 while time < $^T + 60";
    sandbox.script("handles.sh", &format!("exec perl -e '{handles}'"));
    sandbox.script("stops.sh", "echo ready; read x < go; echo went on");
    let run = |name: &str| {
        let script =
            format!("cachex --no-spinner ./{name}; echo status $?; (echo > go) & fg; echo end");
        on_terminal(sandbox.program("bash", &["-m", "-c", &script]), 24, 80)
    };
    let mut terminal = run("handles.sh");
    terminal.wait_for("ready");
    terminal.press(26);
    terminal.wait_for("handled");
    terminal.wait_for("status 3");
    drop(terminal);
    let mut terminal = run("stops.sh");
    terminal.wait_for("ready");
    terminal.press(26);
    terminal.wait_for("status 148");
    terminal.wait_for("went on");
    terminal.wait_for("end");
}

/// Commands that create their own process group. Without cachex they already lead one. `timeout` exits with 130 if a signal
/// comes before it waits for its child, so the child waits for that first.
const LEADERS: [&str; 2] = [
    "timeout 100 sh -c 'until test ! -e /proc/$PPID || grep -q State:.S /proc/$PPID/status; do :; done; \
     echo ready; read x < go; echo went on'",
    "perl -e '$| = 1; setpgrp; print qq(ready\n); open my $go, q(<), q(go) or die; <$go>; print qq(went on\n)'",
];

#[test]
fn ctrl_c_reaches_a_command_with_a_process_group_of_its_own() {
    for command in LEADERS {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        for call in ["", "cachex --no-spinner --no-store -- "] {
            let mut terminal = on_terminal(sandbox.sh(&format!("exec {call}{command}")), 24, 80);
            terminal.wait_for("ready");
            terminal.press(3);
            assert_eq!(terminal.end().1.signal(), Some(libc::SIGINT), "{call}{command}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_stops_a_command_with_a_process_group_of_its_own() {
    for command in LEADERS {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        for call in ["", "cachex --no-spinner --no-store -- "] {
            let script = format!("{call}{command}; echo status $?; (echo > go) & fg; echo end $?");
            let shell = sandbox.program("bash", &["-m", "-c", &script]);
            let mut terminal = on_terminal(shell, 24, 80);
            terminal.wait_for("ready");
            terminal.press(26);
            terminal.wait_for("status 148");
            terminal.wait_for("went on");
            terminal.wait_for("end 0");
        }
    }
}

#[test]
fn ctrl_c_spares_a_command_that_left_the_foreground_of_its_caller() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    for call in ["", "cachex --no-spinner --no-store -- "] {
        // This shell leads the foreground group, and cachex is in it.
        let script = format!("trap : INT; {call}{}; echo status $?", LEADERS[0]);
        let mut terminal = on_terminal(sandbox.sh(&format!("{script}; :")), 24, 80);
        terminal.wait_for("ready");
        terminal.press(3);
        // The terminal drops output that comes before it has shown this.
        terminal.wait_for("^C");
        // The shell handles the signal only after the command has ended.
        sandbox.sh("echo > go").gives("");
        terminal.wait_for("went on");
        terminal.wait_for("status");
    }
}

#[test]
fn a_terminal_that_hangs_up_reaches_the_command_of_a_session_leader() {
    let sandbox = Sandbox::new();
    let wait = "trap 'echo heard > hangup; exit' HUP; echo ready; while :; do sleep 0.02; done";
    sandbox.script("s.sh", wait);
    let mut terminal = on_terminal(sandbox.cachex("--no-spinner ./s.sh"), 24, 80);
    terminal.wait_for("ready");
    terminal.hang_up();
    assert_eq!(std::fs::read_to_string(sandbox.dir.join("hangup")).expect("heard"), "heard\n");
}
