//! Processes that the command leaves behind with its output.

use super::harness::Sandbox;
use std::time::{Duration, Instant};

#[test]
fn a_process_that_closes_the_output_at_once_does_not_prevent_storing() {
    let sandbox = Sandbox::new();
    // The process holds the output a little longer than the command.
    let script = "sleep 0.005 & echo started";
    // If the process takes longer under load, the call takes this long.
    let grace = Duration::from_millis(50);
    let is_stored = |number: usize| {
        let since = Instant::now();
        let call = ["-v", "--key", &number.to_string(), "--", "sh", "-c", script];
        let told = sandbox.cachex_words(call).tells("started\n", 0);
        assert!(told.contains("stored"), "{told}");
        let is_stored = !told.contains("not stored");
        assert!(is_stored || since.elapsed() >= grace, "{told}");
        is_stored
    };
    let stored = (0..20).filter(|number| is_stored(*number)).count();
    assert!(stored > 0, "never within the grace");
}

#[test]
fn a_process_without_the_output_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let script = "sleep 600 >/dev/null 2>&1 & echo $!";
    let started = sandbox.cachex_words(["--", "sh", "-c", script]).output().stdout;
    let id = String::from_utf8(started).expect("a number");
    // The process still runs.
    sandbox.sh(&format!("kill {id}")).gives("");
}

#[test]
fn a_process_that_writes_for_ever_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let script = "yes 2>/dev/null & echo $! > id";
    let told = sandbox.sh(&format!("cachex -v sh -c '{script}' > /dev/null")).tells("", 0);
    sandbox.sh("kill $(cat id)").gives("");
    assert!(told.contains("not stored: a process left behind still holds the output"), "{told}");
}
