//! The spinner.

use super::harness::Sandbox;
use super::harness::terminal::{on_terminal, waiting};

#[test]
fn the_spinner_shows_text_and_time_and_disappears_before_the_first_byte() {
    let sandbox = waiting("echo done");
    let mut terminal = on_terminal(sandbox.cachex("./s.sh arg"), 24, 80);
    terminal.wait_for("Running `./s.sh arg` 0.7s");
    sandbox.go();
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2Kdone\r\n"), "{seen:?}");
    assert!(seen.contains("0.5s") && !seen.contains("0.4s"), "{seen:?}");
    assert_eq!(status.code(), Some(0));
    // A hit shows nothing but the output.
    assert_eq!(on_terminal(sandbox.cachex("./s.sh arg"), 24, 80).end().0, "done\r\n");
}

#[test]
fn the_spinner_cuts_a_custom_text_to_the_width() {
    let sandbox = waiting("exit 3");
    let long = "a text that is much longer than the terminal is wide";
    let mut terminal = on_terminal(sandbox.cachex_words(["--spinner", long, "./s.sh"]), 24, 40);
    terminal.wait_for("a text that is much longer t… 0.6s");
    sandbox.go();
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2K"), "{seen:?}");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn the_spinner_shows_that_inputs_are_read() {
    let sandbox = waiting("echo done");
    sandbox.sh("mkfifo hash").gives("");
    let words = ["--hash-with", "arg:1=read x < hash; cat", "./s.sh", "arg"];
    let mut terminal = on_terminal(sandbox.cachex_words(words), 24, 80);
    terminal.wait_for("Reading the inputs of `./s.sh arg` 0.7s");
    std::fs::write(sandbox.dir.join("hash"), "\n").expect("written");
    terminal.wait_for("Running `./s.sh arg` 0.5s");
    sandbox.go();
    let (seen, status) = terminal.end();
    assert!(seen.ends_with("\r\u{1b}[2Kdone\r\n"), "{seen:?}");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_spinner_can_be_turned_off() {
    let sandbox = Sandbox::with_script("sleep 0.8; echo done");
    let calls = [
        sandbox.cachex("--no-spinner --ttl 0 ./s.sh"),
        sandbox.cachex("--ttl 0 ./s.sh").env("CACHEX_NO_SPINNER", "1"),
        sandbox.cachex("--ttl 0 ./s.sh").env("CACHEX_ACTIVE", "1"),
    ];
    for call in calls {
        assert_eq!(on_terminal(call, 24, 80).end().0, "done\r\n");
    }
    let dumb = sandbox.sh("TERM=dumb exec cachex --ttl 0 ./s.sh");
    assert_eq!(on_terminal(dumb, 24, 80).end().0, "done\r\n");
}

#[test]
fn a_background_job_does_not_touch_the_terminal() {
    let sandbox = Sandbox::with_script("sleep 0.9");
    let script = "set -m; cachex ./s.sh & wait; echo end";
    let (seen, _) = on_terminal(sandbox.program("bash", &["-c", script]), 24, 80).end();
    assert!(!seen.contains("Running"), "{seen:?}");
}
