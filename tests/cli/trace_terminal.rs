//! Traced commands that open the terminal: those that leave it alone are stored.

#![cfg(target_os = "linux")]

use super::harness::Sandbox;
use super::harness::terminal::on_terminal;

/// The messages of a traced run of a script on a terminal.
fn told(script: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", script);
    let call = sandbox.cachex("-v --no-spinner --trace --trace-ignore ran ./s.sh");
    let mut terminal = on_terminal(call, 24, 80);
    terminal.type_in(b"answer\r");
    terminal.end().0
}

#[test]
fn a_terminal_that_is_opened_and_left_alone_does_not_count() {
    for script in [
        ": < /dev/tty; cat s.sh > /dev/null",
        "exec 3<> /dev/tty 3>&-; cat s.sh > /dev/null; exec 3<> /dev/tty 3>&-; ls > /dev/null",
    ] {
        let seen = told(script);
        assert!(seen.contains("stored; traced:"), "{script}: {seen}");
    }
}

#[test]
fn a_terminal_that_is_used_counts() {
    for script in [
        "read x < /dev/tty; ls > /dev/null",
        "echo hi > /dev/tty; ls > /dev/null",
        "exec 3< /dev/tty; ls > /dev/null",
        "{ (read x) & wait; } < /dev/tty; ls > /dev/null",
        "(sleep 0.01; echo late) > /dev/tty; ls > /dev/null",
        "cat < /dev/tty & sleep 0.1; kill $!; ls > /dev/null",
    ] {
        let seen = told(script);
        assert!(seen.contains("not stored: it"), "{script}: {seen}");
        assert!(!seen.contains("stored; traced:"), "{script}: {seen}");
    }
}

#[test]
fn bash_may_look_for_its_terminal() {
    if !std::path::Path::new("/bin/bash").exists() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("x.sh", "cat /etc/passwd | wc -l");
    let call = || sandbox.cachex("-v --no-spinner --trace bash x.sh");
    let (first, _) = on_terminal(call(), 24, 80).end();
    assert!(first.contains("stored; traced:"), "{first}");
    let (second, _) = on_terminal(call(), 24, 80).end();
    assert!(second.contains("hit:"), "{second}");
}

#[test]
fn a_missing_terminal_is_a_condition() {
    let sandbox = Sandbox::new();
    sandbox.script(
        "s.sh",
        "(: < /dev/tty) 2> /dev/null && echo terminal || echo none; ls > /dev/null",
    );
    let alone = "setsid -w cachex -v --no-spinner --trace --trace-ignore ran --trace-ignore out --trace-ignore told ./s.sh \
                 < /dev/null > out 2> told; cat out; cat told >&2";
    let call = |told: &str| {
        let said = sandbox.sh(alone).tells("none\n", 0);
        assert!(said.contains(told), "{said}");
    };
    call("stored; traced:");
    call("hit:");
    let (seen, _) = on_terminal(sandbox.sh(&alone.replace("setsid -w ", "")), 24, 80).end();
    assert!(seen.starts_with("terminal"), "{seen}");
    assert!(!seen.contains("hit:"), "{seen}");
    call("hit:");
}
