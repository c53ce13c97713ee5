//! `--stale-while-revalidate`: replaying an expired entry while it is renewed.

use super::harness::{Call, Sandbox, wait_until};
use super::stale_if_error::FALLS_BACK;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// A sandbox with a command that prints the content of `now` and exits with that of `code`.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script("cat now; echo done >> ends; exit $(cat code)");
    sandbox.write("now", "old\n");
    sandbox.write("code", "0");
    sandbox.write("ends", "");
    sandbox
}

/// Waits until this many runs have ended and no process uses the store.
pub fn wait_for_ends(sandbox: &Sandbox, count: usize) {
    let script = format!("until test $(wc -l < ends) -ge {count}; do sleep 0.01; done");
    sandbox.sh(&script).gives("");
    wait_until_idle(sandbox);
}

/// Waits until no other process has a file of the store open or is about to open one.
pub fn wait_until_idle(sandbox: &Sandbox) {
    let store = sandbox.store_dir().canonicalize().expect("a directory");
    let directory = sandbox.dir.canonicalize().expect("a directory");
    let leads_to = |link: &Path, at: &Path| fs::read_link(link).is_ok_and(|it| it.starts_with(at));
    let uses_it = |process: std::io::Result<fs::DirEntry>| {
        let path = process.ok()?.path();
        path.file_name()?.to_str()?.parse::<u32>().ok().filter(|pid| *pid != std::process::id())?;
        // A renewal that has just begun has nothing open.
        let is_cachex = fs::read_link(path.join("exe")).is_ok_and(|exe| exe.ends_with("cachex"));
        let begins = is_cachex && leads_to(&path.join("cwd"), &directory);
        let mut open = fs::read_dir(path.join("fd")).ok()?.flatten();
        (begins || open.any(|fd| leads_to(&fd.path(), &store))).then_some(())
    };
    wait_until("nobody uses the store", || {
        !fs::read_dir("/proc").expect("mounted").any(|process| uses_it(process).is_some())
    });
}

const RENEWS: &str = "--ttl 1m --stale-while-revalidate 1h ./s.sh";

#[test]
fn an_expired_entry_is_served_at_once_and_renewed() {
    let sandbox = sandbox();
    sandbox.cachex(RENEWS).gives("old\n");
    sandbox.write("now", "new\n");
    sandbox.age(40);
    sandbox.cachex(RENEWS).gives("old\n");
    assert_eq!(sandbox.runs(), 1, "fresh");
    sandbox.age(20);
    sandbox.cachex(RENEWS).gives("old\n");
    wait_for_ends(&sandbox, 2);
    sandbox.cachex(RENEWS).gives("new\n");
    assert_eq!(sandbox.runs(), 2);
    assert_eq!(sandbox.entries().len(), 1);
}

#[test]
fn after_the_stale_time_the_command_runs_in_the_foreground() {
    let sandbox = sandbox();
    sandbox.cachex(RENEWS).gives("old\n");
    sandbox.write("now", "new\n");
    sandbox.age(3600 + 60);
    sandbox.cachex(RENEWS).gives("new\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn many_stale_callers_start_one_renewal() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "if test -e warm; then read x < go; fi; echo hi; echo >> ends");
    sandbox.write("ends", "");
    sandbox.in_background(RENEWS).gives("hi\n");
    sandbox.write("warm", "");
    sandbox.age(100);
    let script = format!("for i in 1 2 3 4 5 6 7 8 9 10; do cachex {RENEWS} & done; wait");
    sandbox.sh(&script).gives("hi\n".repeat(10));
    sandbox.sh(&format!("cachex {RENEWS} & wait; echo > go")).gives("hi\n");
    wait_for_ends(&sandbox, 2);
    assert_eq!(sandbox.runs(), 2);
}

/// A sandbox whose renewal waits for `go`. Readers of the call's streams must not wait for it.
pub fn with_a_slow_renewal() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script(
        "s.sh",
        "if test -e warm; then read x < go; cat > stdin; tty >> tty; fi; echo hi; echo >> ends",
    );
    sandbox.write("ends", "");
    sandbox
}

#[test]
fn nobody_waits_for_a_renewal() {
    let sandbox = with_a_slow_renewal();
    for (call, expected) in [
        (format!("x=$(cachex {RENEWS} 2>&1); echo \"got $x\""), "got hi\n"),
        (format!("cachex {RENEWS} | cat"), "hi\n"),
        (format!("{{ cachex {RENEWS} 9>&1 >&2 2>&- | cat; }} 2>&1"), "hi\n"),
        (format!("exec 7>&1; cachex {RENEWS} | cat"), "hi\n"),
        (format!("{{ cachex {RENEWS}; cat; }} < code"), "hi\nrest\n"),
        (format!("printf 'echo rest\\n' | {{ cachex {RENEWS}; sh; }}"), "hi\nrest\n"),
    ] {
        sandbox.cachex("clear").output();
        sandbox.sh("rm -f warm").gives("");
        sandbox.write("ends", "");
        sandbox.write("code", "rest\n");
        sandbox.sh(&call).gives(expected);
        sandbox.write("warm", "");
        sandbox.age(100);
        sandbox.sh(&call).gives(expected);
        sandbox.go();
        wait_for_ends(&sandbox, 2);
    }
}

#[test]
fn a_renewal_survives_a_hang_up_and_signals_to_the_callers_group() {
    let sandbox = with_a_slow_renewal();
    sandbox.cachex(RENEWS).gives("hi\n");
    sandbox.write("warm", "");
    sandbox.age(100);
    let script = format!("cachex {RENEWS}; kill -HUP 0; kill -KILL 0");
    let mut call = sandbox.program("setsid", &["-w", "sh", "-c", &script]);
    call.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    call.command.status().expect("started");
    sandbox.go();
    wait_for_ends(&sandbox, 2);
    let fresh = sandbox.cachex("--ttl 1m --only-if-cached ./s.sh");
    fresh.gives("hi\n");
    assert_eq!(fs::read_to_string(sandbox.dir.join("tty")).expect("there"), "not a tty\n");
}

#[test]
fn a_renewal_has_exactly_the_original_arguments() {
    let sandbox = Sandbox::with_script("printf '[%s]' \"$0\" \"$@\" > last; echo >> ends");
    sandbox.write("ends", "");
    let words = ["--warm", "--refresh", "--", "-v", "", "a b", "--stale-while-revalidate=1", "*"];
    let options = ["--ttl", "1m", "--stale-while-revalidate", "1h", "--", "./s.sh"];
    let call = || sandbox.cachex_words(options.iter().chain(&words));
    call().gives("");
    let first = fs::read(sandbox.dir.join("last")).expect("there");
    sandbox.sh("rm last").gives("");
    sandbox.age(100);
    call().gives("");
    wait_for_ends(&sandbox, 2);
    assert_eq!(fs::read(sandbox.dir.join("last")).expect("there"), first);
}

#[test]
fn a_failed_renewal_keeps_the_old_entry_and_is_not_repeated_for_a_minute() {
    let sandbox = sandbox();
    sandbox.cachex(RENEWS).gives("old\n");
    sandbox.write("code", "3");
    sandbox.write("now", "bad\n");
    sandbox.age(100);
    sandbox.cachex(RENEWS).gives("old\n");
    wait_for_ends(&sandbox, 2);
    for _ in 0..3 {
        sandbox.cachex(RENEWS).gives("old\n");
    }
    wait_until_idle(&sandbox);
    assert_eq!(sandbox.runs(), 2, "it rests");
    sandbox.write("code", "0");
    sandbox.write("now", "new\n");
    sandbox.age(61);
    sandbox.cachex(RENEWS).gives("old\n");
    wait_for_ends(&sandbox, 3);
    sandbox.cachex(RENEWS).gives("new\n");
}

#[test]
fn an_expired_failure_is_renewed_by_another_failure() {
    let sandbox = sandbox();
    sandbox.write("code", "3");
    sandbox.cachex(RENEWS).ends("old\n", "", 3);
    sandbox.write("code", "4");
    sandbox.age(61);
    sandbox.cachex(RENEWS).ends("old\n", "", 3);
    wait_for_ends(&sandbox, 2);
    sandbox.cachex(RENEWS).ends("old\n", "", 4);
    assert_eq!(sandbox.runs(), 2);
}

/// Stores an entry for a standard input, lets it expire, and expects a renewal for the same input.
fn renews_for(sandbox: &Sandbox, call: impl Fn() -> Call, old: &str, new: &str, renewal: usize) {
    call().gives(old);
    sandbox.write("now", "new ");
    sandbox.age(100);
    call().gives(old);
    wait_for_ends(sandbox, renewal);
    call().gives(new);
    wait_until_idle(sandbox);
    assert_eq!(sandbox.entries().len(), 1);
    assert_eq!(sandbox.runs(), renewal);
}

#[test]
fn a_renewal_holds_for_the_same_standard_inputs_as_the_old_entry() {
    let renews = "--ttl 1m --stale-while-revalidate 1h";
    for (body, input, old, new) in [
        ("cat now", "unread", "old ", "new "),
        ("cat now -", "content", "old content", "new content"),
        ("cat now -", "", "old ", "new "),
    ] {
        let sandbox = Sandbox::with_script(&format!("{body}; echo >> ends"));
        let call = |options: &str| sandbox.cachex(&format!("{renews} {options} ./s.sh"));
        let file = sandbox.write("input", input).display().to_string();
        let from_file = || sandbox.sh(&format!("cachex {renews} ./s.sh < {file}; cat"));
        for (name, way) in [
            ("pipe", &(|| call("").stdin(input)) as &dyn Fn() -> Call),
            ("--stdin", &|| call("--stdin").stdin(input)),
            ("file", &from_file),
        ] {
            if name == "pipe" && input.is_empty() {
                // Whether the pipe has already ended is a race.
                continue;
            }
            sandbox.cachex("clear").output();
            sandbox.write("now", "old ");
            sandbox.sh("rm -f ran; : > ends").gives("");
            renews_for(&sandbox, way, old, new, 2);
        }
    }
}

#[test]
fn an_entry_for_a_long_standard_input_is_renewed_too() {
    let sandbox = Sandbox::with_script("cat now -; echo >> ends");
    sandbox.write("now", "old ");
    let input = "long input ".repeat(200_000);
    let call = || sandbox.cachex(RENEWS).stdin(input.as_str());
    renews_for(&sandbox, call, &format!("old {input}"), &format!("new {input}"), 2);
}

#[test]
fn a_renewal_that_starts_to_read_its_input_is_discarded() {
    let sandbox = Sandbox::with_script("echo hi; test -e greedy && cat; echo >> ends");
    let call = || sandbox.cachex(RENEWS).stdin("input\n");
    call().gives("hi\n");
    sandbox.write("greedy", "");
    sandbox.age(100);
    call().gives("hi\n");
    wait_for_ends(&sandbox, 2);
    call().gives("hi\n");
    sandbox.cachex("--ttl 1m ./s.sh").stdin("input\n").gives("hi\ninput\n");
}

#[test]
fn a_recording_of_two_streams_is_renewed_on_two_streams() {
    let sandbox = sandbox();
    sandbox.cachex(RENEWS).gives("old\n");
    sandbox.write("now", "new\n");
    sandbox.age(100);
    sandbox.sh(&format!("cachex {RENEWS} 2>&1")).gives("old\n");
    wait_for_ends(&sandbox, 2);
    for call in [format!("cachex {RENEWS} 2>&1"), format!("cachex {RENEWS}")] {
        sandbox.sh(&call).gives("new\n");
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn an_entry_cleared_during_its_renewal_does_not_come_back() {
    let sandbox = with_a_slow_renewal();
    sandbox.cachex(RENEWS).gives("hi\n");
    sandbox.write("warm", "");
    sandbox.age(100);
    sandbox.cachex(RENEWS).gives("hi\n");
    sandbox.sh("until test \"$(wc -l < ran)\" -ge 2; do sleep 0.01; done").gives("");
    sandbox.cachex("clear").gives("removed 1 entry (3B)\n");
    sandbox.go();
    wait_for_ends(&sandbox, 2);
    assert!(sandbox.entries().is_empty());
}

#[test]
fn nothing_is_renewed_if_nothing_may_run_or_be_stored() {
    let sandbox = sandbox();
    sandbox.cachex(RENEWS).gives("old\n");
    sandbox.age(100);
    for option in ["--only-if-cached", "--no-store"] {
        sandbox.cachex(&format!("{option} {RENEWS}")).gives("old\n");
    }
    wait_until_idle(&sandbox);
    assert_eq!(sandbox.runs(), 1);
    sandbox.cachex(&format!("--refresh {RENEWS}")).gives("old\n");
    assert_eq!(sandbox.runs(), 2, "asked for a run in the foreground");
}

#[test]
fn unusable_entries_do_not_make_a_call_wait_for_its_input() {
    for options in ["--ttl 0", "--refresh", "--ttl 0 --no-store"] {
        let sandbox = Sandbox::new();
        sandbox.sh("mkfifo go").gives("");
        sandbox.script("s.sh", "test -e idle || cat; echo end");
        sandbox.cachex("--ttl 1h ./s.sh").stdin("some input\n").gives("some input\nend\n");
        sandbox.write("idle", "");
        // The rest of the input comes only after the command has answered.
        let script = format!(
            "{{ echo a; read x < go; echo b; }} | {{ cachex {options} ./s.sh; echo > go; cat; }}"
        );
        sandbox.sh(&script).gives("end\na\nb\n");
    }
}

#[test]
fn a_failed_renewal_affects_only_its_own_entry() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go").gives("");
    sandbox.script("s.sh", "test -e bad && { read x < go; exit 1; }; echo hi");
    sandbox.cachex(RENEWS).gives("hi\n");
    sandbox.age(100);
    sandbox.write("bad", "");
    sandbox.cachex(RENEWS).gives("hi\n");
    sandbox.sh("until test \"$(wc -l < ran)\" -ge 2; do sleep 0.01; done").gives("");
    sandbox.cachex("clear").output();
    sandbox.cachex("echo other").gives("other\n");
    sandbox.go();
    wait_until_idle(&sandbox);
    let database = sandbox.connection();
    let noted: Option<i64> = database
        .query_row("SELECT renewal_failed FROM entry", [], |row| row.get(0))
        .expect("one entry");
    assert_eq!(noted, None);
}

#[test]
fn a_renewal_has_the_same_kind_of_standard_input() {
    let sandbox = Sandbox::new();
    let kind = "if test -p /dev/stdin; then echo pipe; elif test -f /dev/stdin; then echo file; fi";
    sandbox.write("input", "content\n");
    for (reads, from) in [("", "unread"), ("cat; ", "read")] {
        for (call, expected) in [
            (format!("cachex {RENEWS} {from} < input"), "file\n"),
            (format!("cat input | cachex {RENEWS} {from}"), "pipe\n"),
        ] {
            sandbox.sh("rm -f ran; : > ends").gives("");
            sandbox.script("s.sh", &format!("{reads}{kind}; echo >> ends"));
            let expected =
                if reads.is_empty() { expected.to_owned() } else { format!("content\n{expected}") };
            sandbox.sh(&call).gives(&expected);
            sandbox.age(100);
            sandbox.sh(&call).gives(&expected);
            wait_for_ends(&sandbox, 2);
            sandbox.sh(&call).gives(&expected);
            assert_eq!(sandbox.runs(), 2, "{call}");
            sandbox.cachex("clear").output();
        }
    }
}

#[test]
fn the_newest_success_is_used() {
    let sandbox = sandbox();
    sandbox.sh("cachex ./s.sh 2>&1 | cat").gives("old\n");
    sandbox.age(1);
    sandbox.write("now", "new\n");
    sandbox.cachex("./s.sh").gives("new\n");
    sandbox.age(100);
    sandbox.write("code", "1");
    sandbox.sh(&format!("cachex -q {FALLS_BACK} 2>&1 | cat")).gives("new\n");
    let stale = "--stale-while-revalidate 1h --ttl 1m";
    sandbox.sh(&format!("cachex {stale} ./s.sh 2>&1 | cat")).gives("new\n");
    wait_until_idle(&sandbox);
}
