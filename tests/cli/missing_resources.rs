//! Without memory, processes, threads or devices the command runs in place of cachex.

use super::harness::terminal::on_terminal;
use super::harness::{Call, Sandbox, am_root, skipped};
use std::os::unix::process::CommandExt;

const WARNING: &str = "cannot prepare the run: ";

#[test]
fn without_memory_the_output_is_complete() {
    let sandbox = Sandbox::new();
    let mut tried = 0;
    for kilobytes in (4_000..40_000).step_by(2_000) {
        let limited = |call: &str| sandbox.sh(&format!("ulimit -v {kilobytes}; {call}")).output();
        // If cachex itself does not fit into memory, there is nothing to test.
        if !limited("seq 200000").status.success() || !limited("cachex --version").status.success()
        {
            continue;
        }
        tried += 1;
        let bare = sandbox.sh("seq 200000").output();
        for options in ["--ttl 0", "", "", "--stdin --ttl 0"] {
            let call = format!("ulimit -v {kilobytes}; exec cachex {options} -- seq 200000");
            let told = sandbox.sh(&call).matches(&bare);
            assert!(told.is_empty() || told.contains(WARNING), "{told}");
        }
    }
    assert!(tried > 0);
}

/// A call by a user who may have a single process.
fn alone(sandbox: &Sandbox, user: u32, words: &str) -> Call {
    among(1, sandbox, user, words)
}

/// A call by a user who may have this many processes and threads.
#[allow(unsafe_code)]
fn among(most: u64, sandbox: &Sandbox, user: u32, words: &str) -> Call {
    let mut call = sandbox.by(user, &format!("--cache-dir store-{user} {words}"));
    let limit = move || {
        use rustix::process::{Resource, Rlimit, setrlimit};
        Ok(setrlimit(Resource::Nproc, Rlimit { current: Some(most), maximum: Some(most) })?)
    };
    // SAFETY: only system calls are made.
    unsafe { call.command.pre_exec(limit) };
    call
}

#[test]
fn without_another_process_the_command_replaces_cachex() {
    if !am_root() {
        return;
    }
    let sandbox = Sandbox::new();
    for (words, input) in [
        ("-- cat", None),
        ("-- cat", Some("input")),
        ("--stdin -- cat", Some("input")),
        ("--pty=always -n -- echo hi", None),
        ("--ttl 1h --stale-if-error 1h -- echo hi", None),
    ] {
        let mut call = alone(&sandbox, 54321, words);
        if let Some(input) = input {
            call = call.stdin(input);
        }
        let told = call.tells(input.unwrap_or(if words.contains("echo") { "hi\n" } else { "" }), 0);
        let warned = told.starts_with("cachex: warning: ") && told.contains(WARNING);
        assert!(warned && told.lines().count() == 1, "{told}");
    }
    // On a terminal, where writing needs a thread.
    let seen = on_terminal(alone(&sandbox, 54322, "-q -- seq 20000"), 24, 80).end().0;
    assert!(seen.lines().eq((1..=20000).map(|number| number.to_string())));
    // A stored result can still be replayed.
    sandbox.by(54323, "--cache-dir store-54323 -- echo stored").gives("stored\n");
    alone(&sandbox, 54323, "-- echo stored").gives("stored\n");
}

#[test]
fn without_a_thread_the_output_is_complete() {
    if !am_root() {
        return;
    }
    let sandbox = Sandbox::new();
    let bare = sandbox.sh("seq 200000").output().stdout;
    // There is room for the command and nothing else.
    for _ in 0..2 {
        among(2, &sandbox, 54324, "-- seq 200000").gives(&bare);
    }
}

#[test]
fn without_devices_the_command_replaces_cachex() {
    let sandbox = Sandbox::new();
    let without = |script: &str| {
        let script = format!("mount -t tmpfs none /dev && {script}");
        sandbox.program("unshare", &["--mount", "sh", "-c", &script])
    };
    if !without("true").output().status.success() {
        return skipped("the right to mount");
    }
    for call in ["cachex -q -- echo hi", "cachex -q --pty -- echo hi", "cachex -q -n -- echo hi"] {
        for to in ["<&-", "< in", "2>&- <&-"] {
            sandbox.write("in", "");
            without(&format!("{call} {to}")).gives("hi\n");
        }
    }
    // The number of a closed stream is not reused for a file of the store.
    let damage = "cachex sh -c 'echo damage >&2; echo damage; exit 0' <&- >&- 2>&-";
    without(&format!("{damage}; {damage}; cachex --no-store echo sound < in")).gives("sound\n");
    sandbox.sh("cachex doctor | grep -v ^ok").ends("", "", 1);
}

#[test]
fn without_a_pty_the_input_is_complete() {
    let sandbox = Sandbox::new();
    let without = |script: &str| {
        let script = format!("mount --bind /dev/null /dev/ptmx && {script}");
        sandbox.program("unshare", &["--mount", "sh", "-c", &script])
    };
    if !without("true").output().status.success() {
        return skipped("the right to mount");
    }
    for options in ["--pty", "--stdin --pty", "--pty --ttl 1h --stale-if-error 1h"] {
        let call = format!("echo data | cachex {options} cat");
        without(&call).warns("data\n", WARNING);
    }
}

/// System calls, an error, and how many of them to let fail, one at a time.
#[cfg(target_os = "linux")]
const FAILURES: [(&str, &str, usize); 5] = [
    ("epoll_ctl", "ENOSPC", 12),
    ("pipe2", "EMFILE", 8),
    ("socketpair", "EMFILE", 2),
    ("clone", "EAGAIN", 2),
    ("clone3", "EAGAIN", 4),
];

#[cfg(target_os = "linux")]
#[test]
fn after_any_failed_system_call_the_command_runs_once_with_its_input() {
    if !super::system_calls::can_trace() {
        return;
    }
    let sandbox = Sandbox::with_script("cat");
    for options in ["", "--stdin", "--pty", "--stdin --pty"] {
        for (call, error, most) in FAILURES {
            for number in 1..=most {
                let before = sandbox.runs();
                let inject = format!("inject={call}:error={error}:when={number}");
                let words = ["-o", "/dev/null", "-e", &inject, "cachex", "-q", "--refresh"];
                let words = [&words[..], &options.split_whitespace().collect::<Vec<_>>()].concat();
                let words = [&words[..], &["--", "./s.sh"]].concat();
                let output = sandbox.program("strace", &words).stdin("data\n").output();
                let seen = (&output.stdout[..], sandbox.runs() - before);
                assert_eq!(seen, (&b"data\n"[..], 1), "{options}: {inject}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_stack_is_enough() {
    let sandbox = Sandbox::with_script("cat; echo done");
    // The shell needs a part of the stack as well.
    let limited =
        |call: &str| sandbox.sh(&format!("ulimit -s 32; printf 'text\\n' | cachex {call}"));
    for call in ["./s.sh", "./s.sh", "--stdin ./s.sh"] {
        limited(call).gives("text\ndone\n");
    }
    assert_eq!(sandbox.runs(), 1);
    assert!(limited("explain -- ./s.sh").output().status.success());
    assert!(limited("list").output().status.success());
}
