//! `explain` predicts what a run does, for all options.

use super::harness::{Call, Sandbox, Texts, wait_until};
use super::stale_while_revalidate::wait_until_idle;
use serde_json::Value;
use std::fs;

const REPLAYED: &str = "the entry is replayed";
const RENEWED: &str = "the entry is replayed, and renewed in the background";
const NOT_RENEWED: &str = "the entry is replayed, and not renewed";
const STORED: &str = "the command runs, and its result is stored";
const NOT_STORED: &str = "the command runs, and nothing is stored";
const IN_BACKGROUND: &str = "the command runs in the background";
const AS_IT_IS: &str = "the command runs uncached";
const MISSED: &str = "nothing runs: exit 124";
const NOTHING: &str = "nothing runs";

/// The visible effects of a run.
#[derive(Debug, PartialEq)]
struct Effects {
    code: i32,
    printed: bool,
    ran: bool,
    stored: bool,
}

/// The effects that a prediction promises.
fn effects(then: &str) -> Effects {
    let (code, printed, ran, stored) = match then {
        REPLAYED | NOT_RENEWED => (0, true, false, false),
        RENEWED | STORED => (0, true, true, true),
        NOT_STORED | AS_IT_IS => (0, true, true, false),
        IN_BACKGROUND => (0, false, true, true),
        MISSED => (124, false, false, false),
        NOTHING => (0, false, false, false),
        other => panic!("{other}"),
    };
    Effects { code, printed, ran, stored }
}

fn explained(call: Call) -> Value {
    let output = call.output();
    assert_eq!(output.status.code(), Some(0), "{}", output.stderr_text());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Waits until the command has run this often and nothing runs any more.
fn wait_for_runs(sandbox: &Sandbox, count: usize) {
    wait_until("enough runs", || sandbox.runs() >= count);
    wait_until_idle(sandbox);
}

fn newest(sandbox: &Sandbox) -> Option<(i64, i64)> {
    let listed = sandbox.entries();
    listed.first().map(|it| (it.entry.id, it.entry.created.as_millis()))
}

/// A sandbox whose command prints `hi` and its input.
fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi; cat")
}

/// Explains a call and runs it. Expects this verdict and prediction, and that the run agrees.
#[track_caller]
fn agree(sandbox: &Sandbox, options: &str, input: Option<&str>, verdict: &str, then: &str) {
    let call = |verb: &str| {
        let call = sandbox.cachex(&format!("{verb} {options} ./s.sh"));
        if let Some(input) = input { call.stdin(input) } else { call }
    };
    let told = explained(call("explain -q --json"));
    let seen = (told["verdict"].as_str(), told["then"].as_str());
    assert_eq!(seen, (Some(verdict), Some(then)), "{options}: {told}");
    let before = (sandbox.runs(), newest(sandbox));
    let output = call("-q").output();
    wait_for_runs(sandbox, before.0 + usize::from(effects(then).ran));
    let seen = Effects {
        code: output.status.code().expect("no signal"),
        printed: output.stdout.starts_with(b"hi"),
        ran: sandbox.runs() > before.0,
        stored: newest(sandbox) != before.1,
    };
    assert_eq!(seen, effects(then), "{options}");
}

#[test]
fn predictions_without_an_entry() {
    for (options, verdict, then) in [
        ("", "miss", STORED),
        ("--refresh", "miss", STORED),
        ("--no-store", "miss", NOT_STORED),
        ("--only-if-cached", "miss", MISSED),
        ("--only-if-cached --no-store", "miss", MISSED),
        ("--warm", "miss", IN_BACKGROUND),
        ("--warm --stdin", "miss", IN_BACKGROUND),
        ("--stale-while-revalidate 1h --stale-if-error 1h", "miss", STORED),
        ("--no-cache", "uncached", AS_IT_IS),
        ("--no-cache --only-if-cached", "uncached", MISSED),
        ("--no-cache --warm", "uncached", NOTHING),
        ("--file fifo", "uncached", AS_IT_IS),
        ("--file fifo --only-if-cached", "uncached", MISSED),
        ("--file fifo --warm", "uncached", NOTHING),
        ("--cache-dir /dev/null", "uncached", AS_IT_IS),
        ("--pty", "miss", STORED),
        ("-n", "miss", STORED),
        ("--stdin", "miss", STORED),
    ] {
        let sandbox = sandbox();
        sandbox.sh("mkfifo fifo").gives("");
        agree(&sandbox, options, None, verdict, then);
    }
}

#[test]
fn predictions_with_an_entry() {
    for (options, verdict, then) in [
        ("", "hit", REPLAYED),
        ("--refresh", "miss", STORED),
        ("--refresh --no-store", "miss", NOT_STORED),
        ("--ttl 0", "miss", STORED),
        ("--ttl 1h", "hit", REPLAYED),
        ("--no-store", "hit", REPLAYED),
        ("--only-if-cached", "hit", REPLAYED),
        ("--warm", "miss", IN_BACKGROUND),
        ("--warm --refresh", "miss", IN_BACKGROUND),
        ("--no-cache", "uncached", AS_IT_IS),
        ("--pty", "miss", STORED),
        ("--pty=never", "hit", REPLAYED),
        ("--pty=auto", "hit", REPLAYED),
        ("-n", "hit", REPLAYED),
        ("--scope x", "miss", STORED),
        ("--scope x --only-if-cached", "miss", MISSED),
        ("--stale-while-revalidate 1h", "hit", REPLAYED),
        ("--stale-if-error 1h", "hit", REPLAYED),
        ("--max-entries 1 --max-output 1 --max-size 1MB", "hit", REPLAYED),
    ] {
        let sandbox = sandbox();
        sandbox.cachex("./s.sh").gives("hi\n");
        agree(&sandbox, options, None, verdict, then);
    }
}

#[test]
fn predictions_with_an_expired_entry() {
    let renews = "--ttl 1m --stale-while-revalidate 1h";
    for (options, verdict, then) in [
        ("--ttl 1m", "miss", STORED),
        ("--ttl 1m --only-if-cached", "miss", MISSED),
        (renews, "hit", RENEWED),
        (&format!("{renews} --no-store"), "hit", NOT_RENEWED),
        (&format!("{renews} --only-if-cached"), "hit", NOT_RENEWED),
        (&format!("{renews} --refresh"), "miss", STORED),
        (&format!("{renews} --warm"), "miss", IN_BACKGROUND),
        ("--ttl 1m --stale-while-revalidate 1m", "miss", STORED),
    ] {
        let sandbox = sandbox();
        sandbox.cachex("./s.sh").gives("hi\n");
        sandbox.age(120);
        agree(&sandbox, options, None, verdict, then);
    }
}

#[test]
fn a_failed_renewal_is_predicted_not_to_be_repeated_at_once() {
    let sandbox = Sandbox::with_script("echo hi; exit $(cat code)");
    sandbox.write("code", "0");
    let call = "--ttl 1m --stale-while-revalidate 1h ./s.sh";
    sandbox.cachex(call).gives("hi\n");
    sandbox.age(120);
    sandbox.write("code", "1");
    sandbox.cachex(call).gives("hi\n");
    wait_for_runs(&sandbox, 2);
    let told = explained(sandbox.cachex(&format!("explain --json {call}")));
    assert_eq!(told["then"], format!("{NOT_RENEWED}: that failed a moment ago"));
    sandbox.cachex(call).gives("hi\n");
    wait_for_runs(&sandbox, 2);
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn the_entry_for_stale_if_error_is_named() {
    let sandbox = Sandbox::with_script("echo hi; exit $(cat code)");
    sandbox.write("code", "0");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.age(120);
    for (options, then) in [
        ("--ttl 1m --stale-if-error 1h", format!("{STORED}; if it fails, entry 1 is replayed")),
        ("--refresh --stale-if-error 1h", format!("{STORED}; if it fails, entry 1 is replayed")),
        ("--ttl 1m --stale-if-error 1m", STORED.to_owned()),
    ] {
        let told = explained(sandbox.cachex(&format!("explain --json {options} ./s.sh")));
        assert_eq!(told["then"], then, "{options}");
    }
    sandbox.write("code", "1");
    sandbox.cachex("--ttl 1m --stale-if-error 1h ./s.sh").warns("hi\n", "its success of 2m");
}

#[test]
fn a_run_in_flight_is_reported() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo begun go").gives("");
    sandbox.script("s.sh", "echo > begun; read x < go; echo hi");
    let call = sandbox.cachex("./s.sh");
    let running = std::thread::spawn(|| call.gives("hi\n"));
    fs::read(sandbox.dir.join("begun")).expect("read");
    let then = |options: &str| {
        let told = explained(sandbox.cachex(&format!("explain --json {options} ./s.sh")));
        told["then"].as_str().expect("told").to_owned()
    };
    assert_eq!(then(""), format!("unless another run in progress gives a result, {STORED}"));
    assert_eq!(then("--no-store"), NOT_STORED);
    assert_eq!(then("--only-if-cached"), MISSED);
    assert_eq!(then("--warm"), "nothing runs: another run of the same call is in progress");
    assert_eq!(then("--scope x"), STORED);
    sandbox.cachex("--warm ./s.sh").gives("");
    sandbox.go();
    running.join().expect("ended");
}

#[test]
fn predictions_take_standard_input_into_account() {
    let sort = "--hash-with stdin=sort";
    for (options, stored, input, verdict, then) in [
        ("", "a\nb\n", "a\nb\n", "hit", REPLAYED),
        ("", "a\nb\n", "b\na\n", "miss", STORED),
        ("--stdin", "a\nb\n", "a\nb\n", "hit", REPLAYED),
        ("--stdin", "a\nb\n", "b\na\n", "miss", STORED),
        ("--stdin", "", "", "hit", REPLAYED),
        ("--stdin --only-if-cached", "a", "a", "hit", REPLAYED),
        ("-n", "a", "a", "miss", STORED),
        (sort, "a\nb\n", "b\na\n", "hit", REPLAYED),
        (sort, "a\nb\n", "b\nc\n", "miss", STORED),
        ("--hash-with stdin=false", "a\nb\n", "a\nb\n", "miss", NOT_STORED),
    ] {
        let sandbox = sandbox();
        let option = if options == "-n" { "" } else { options };
        let option = option.replace("--only-if-cached", "");
        sandbox.cachex(&format!("{option} ./s.sh")).stdin(stored).output();
        agree(&sandbox, options, Some(input), verdict, then);
    }
}

#[test]
fn predictions_leave_the_offset_of_a_file_alone() {
    for options in ["", "--stdin", "--hash-with stdin=sort"] {
        let sandbox = sandbox();
        sandbox.write("in", "skipped\nb\na\n");
        sandbox.sh(&format!("{{ read x; cachex {options} ./s.sh; }} < in")).gives("hi\nb\na\n");
        let script = format!("{{ read x; cachex explain {options} ./s.sh | head -1; cat; }} < in");
        let told = sandbox.sh(&script).output().stdout_text();
        assert!(told.starts_with("hit: ") && told.ends_with("\nb\na\n"), "{options}: {told}");
    }
}

#[test]
fn a_long_pipe_makes_the_verdict_unknown() {
    let sandbox = sandbox();
    let long = "x".repeat(400_000);
    sandbox.cachex("./s.sh").stdin(long.clone()).output();
    let call = |options: &str, input: &str| {
        let call = sandbox.cachex(&format!("explain --json {options} ./s.sh"));
        explained(call.stdin(input))["verdict"].as_str().expect("told").to_owned()
    };
    assert_eq!(call("", &long), "unknown");
    assert_eq!(call("--stdin", &long), "unknown");
    assert_eq!(
        call("--only-if-cached", &long),
        "miss",
        "a run with only-if-cached consumes no input either"
    );
    assert_eq!(call("--ttl 0", &long), "miss");
    assert_eq!(call("--scope x", &long), "miss");
    assert_eq!(call("", "short"), "miss");
    sandbox.cachex("--only-if-cached ./s.sh").stdin(long).tells("", 124);
}
