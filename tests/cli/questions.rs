//! Commands that ask a question on the terminal: the spinner leaves it alone, and the run is not stored.

use super::harness::terminal::{on_terminal, waiting};
use super::harness::{Sandbox, has};

#[test]
fn the_spinner_does_not_overwrite_a_question_and_the_run_is_not_stored() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo ask").gives("");
    let ask =
        "stty -echo < /dev/tty; printf 'env? ' > /dev/tty; read x < /dev/tty; stty echo < /dev/tty";
    sandbox.script("s.sh", &format!("read x < ask; {ask}; echo \"deploy $x\""));
    for answer in ["one", "two"] {
        let mut terminal = on_terminal(sandbox.cachex("-v ./s.sh"), 24, 80);
        terminal.wait_for("Running `./s.sh` 0.6s");
        std::fs::write(sandbox.dir.join("ask"), "\n").expect("written");
        terminal.wait_for("env? ");
        // The spinner clears its own columns and moves the cursor back behind the question.
        terminal.wait_for("  \u{1b}8");
        terminal.type_in(format!("{answer}\r").as_bytes());
        let (seen, status) = terminal.end();
        let (_, after) = seen.rsplit_once("env? ").expect("asked");
        assert!(!after.contains("Running") && !after.contains("\u{1b}[2K"), "{seen:?}");
        assert!(seen.contains(&format!("deploy {answer}\r\n")), "{seen:?}");
        let told = "not stored: it changed the mode of the terminal, as a prompt does";
        assert!(seen.contains(told), "{seen:?}");
        assert!(status.success());
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_question_is_noticed_even_if_no_stream_is_a_terminal() {
    let sandbox = Sandbox::new();
    let ask = "stty -echo < /dev/tty; : > asked; read x < /dev/tty; stty echo < /dev/tty; echo $x";
    sandbox.script("s.sh", ask);
    let script = "cachex -v ./s.sh </dev/null >out 2>told; cat out told";
    let mut terminal = on_terminal(sandbox.sh(script), 24, 80);
    sandbox.sh("until test -e asked; do sleep 0.01; done").gives("");
    terminal.type_in(b"answer\r");
    let (seen, _) = terminal.end();
    assert!(seen.starts_with("answer\r\n"), "{seen:?}");
    let told = ["it changed the mode of the terminal", "it read the terminal"];
    assert!(told.iter().any(|told| seen.contains(&format!("not stored: {told}"))), "{seen:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_reads_typeahead_is_not_stored() {
    for ask in ["read x", "stty -echo; read x; stty echo", "read x <&3"] {
        let sandbox = Sandbox::with_script(&format!("exec < /dev/tty; {ask}; echo got $x"));
        for answer in ["one", "two"] {
            let script = "until test -e typed; do :; done; cachex -v ./s.sh 3<&0; rm typed";
            let mut terminal = on_terminal(sandbox.sh(script), 24, 80);
            terminal.type_in(format!("{answer}\r").as_bytes());
            sandbox.write("typed", "");
            let (seen, _) = terminal.end();
            assert!(seen.contains(&format!("got {answer}\r\n")), "{ask}: {seen:?}");
            assert!(seen.contains(", as a prompt does\r\n"), "{ask}: {seen:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn many_calls_on_one_terminal_are_stored_if_nobody_types() {
    let sandbox = Sandbox::new();
    let call = "sh -c 'cachex -v true $0; cachex -v true $0 again' ";
    let script = format!("for i in 1 2 3; do {call} $i & done; wait");
    let (seen, _) = on_terminal(sandbox.sh(&script), 24, 80).end();
    assert_eq!(seen.matches("cachex: stored").count(), 6, "{seen:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pager_that_reads_the_output_is_not_a_question() {
    let sandbox = waiting("echo done");
    // Like `less`: raw mode, with the terminal open to read keys, while the command is running.
    let pager = "until test -e ran; do sleep 0.01; done; \
                 exec 3</dev/tty; stty raw -echo <&3; : > raw; cat; stty sane <&3";
    let script = format!("cachex -v ./s.sh 2>told | sh -c '{pager}'; cat told");
    let mut terminal = on_terminal(sandbox.sh(&script), 24, 80);
    sandbox.sh("until test -e raw; do sleep 0.01; done; sleep 0.3").gives("");
    sandbox.go();
    terminal.wait_for("done");
    let (seen, _) = terminal.end();
    assert!(seen.contains("cachex: stored"), "{seen:?}");
}

/// Expects that a run that asks on the terminal is not stored when this line of an interactive shell calls cachex.
#[cfg(target_os = "linux")]
#[track_caller]
fn asks_each_time(shell: &[&str], line: &str) {
    let sandbox = Sandbox::with_script("read x < /dev/tty; echo \"got $x\"");
    sandbox.sh("mkfifo go").gives("");
    for answer in ["one", "two"] {
        let arguments = [&shell[1..], &["-i", "-c", line]].concat();
        let mut terminal = on_terminal(sandbox.program(shell[0], &arguments), 24, 80);
        terminal.type_in(format!("{answer}\r").as_bytes());
        let (seen, _) = terminal.end();
        assert!(seen.contains(&format!("got {answer}\r\n")), "{line}: {seen:?}");
        assert!(seen.contains(", as a prompt does\r\n"), "{line}: {seen:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_shell_or_a_filter_that_reads_the_output_does_not_hide_a_question() {
    let bash = ["bash", "--norc"];
    asks_each_time(&bash, "cachex -v ./s.sh | while read l; do echo \"line: $l\"; done");
    asks_each_time(&bash, "cachex -v ./s.sh | { (cat; true); true; } | cat");
    asks_each_time(&bash, "exec 5<> /dev/tty; cachex -v ./s.sh | cat");
    if has("zsh") {
        asks_each_time(&["zsh", "-f"], "cachex -v ./s.sh | { cat; true; } | cat");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_writer_of_standard_input_does_not_hide_a_question() {
    let line = "sh -c 'read x < go' | { cachex -v -n ./s.sh; echo > go; }";
    asks_each_time(&["bash", "--norc"], line);
}
