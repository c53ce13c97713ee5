//! A traced command behaves as the bare one: signals, limits, stops, and the end of cachex.

use super::super::harness::{Sandbox, Texts, has, skipped, wait_until};
use super::programs::{compiled, with_c};
use super::traced::Traced;
use std::fs;
use std::process::{Child, Stdio};

/// Expects that a call is stored and then hit, and that new content of `in` is a miss.
#[track_caller]
fn depends_on_in(traced: &Traced) {
    traced.sh("echo 1 > in");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.write("in", "2\n");
    traced.gives("2\n").missed("in changed");
}

/// Whether a process is stopped.
fn is_stopped(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
}

/// A call in a process group of its own that has begun: it waits for a line in `go`, and has written its number to `ready`.
fn begun(traced: &Traced) -> (Child, String) {
    traced.sh("rm -f ready; test -e go || mkfifo go");
    let mut call = traced.call();
    std::os::unix::process::CommandExt::process_group(&mut call.command, 0);
    let child = call.spawn();
    let ready = traced.sandbox.dir.join("ready");
    let number = || fs::read_to_string(&ready).unwrap_or_default().trim().to_owned();
    wait_until("the command has begun", || !number().is_empty());
    (child, number())
}

#[test]
fn a_stop_of_cachex_or_its_command_only_delays_the_run() {
    for stops_cachex in [true, false] {
        let traced = Traced::new("echo $$ > ready; read x < go; cat in")
            .with("--trace-ignore go --trace-ignore ready");
        traced.write("in", "1\n");
        let (child, command) = begun(&traced);
        let cachex = child.id().to_string();
        let stopped = if stops_cachex { &cachex } else { &command };
        traced.sh(&format!("kill -STOP {stopped}"));
        wait_until("it is stopped", || is_stopped(stopped));
        traced.sh(&format!("(echo > go) & sleep 0.1; kill -CONT {command} {cachex}; wait"));
        let output = child.wait_with_output().expect("ended");
        traced.told(&output, "1\n", 0).stored();
        traced.gives("1\n").hit();
        traced.write("in", "2\n");
        let (child, _) = begun(&traced);
        traced.sh("echo > go");
        traced.told(&child.wait_with_output().expect("ended"), "2\n", 0).missed("in changed");
    }
}

#[test]
fn a_survivor_of_kill_9_loses_no_call() {
    let traced = Traced::new(
        "(setsid sh -c 'i=0; echo $$ > ready; while test $i -lt 3000; do
        test -e in || echo lost >> late; i=$((i + 1)); done; echo > over' &) ; read x < never",
    );
    traced.sh("mkfifo never; echo 1 > in");
    let mut call = traced.call();
    call.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = call.command.spawn().expect("started");
    let at = |name: &str| traced.sandbox.dir.join(name);
    wait_until("the survivor has begun", || at("ready").exists());
    child.kill().expect("killed");
    child.wait().expect("ended");
    wait_until("the survivor has ended", || at("over").exists());
    assert!(!at("late").exists());
}

#[test]
fn limits_hold_for_the_command_and_suffice_for_cachex() {
    for (limit, shown) in
        [("-n 32", "32"), ("-v 300000", "300000"), ("-c 0", "0"), ("-f 9999", "9999")]
    {
        let option = &limit[..2];
        let sandbox = Sandbox::new();
        sandbox.write("in", "1\n");
        let call =
            format!("ulimit {limit}; exec cachex --trace -v -- sh -c 'cat in; ulimit {option}'");
        let tells = |stdout: &str, part: &str| {
            let stderr = sandbox.sh(&call).tells(format!("{stdout}\n{shown}\n"), 0);
            assert!(stderr.contains(part), "{limit}: {stderr}");
        };
        tells("1", "cachex: stored; traced: ");
        tells("1", "cachex: hit: ");
        sandbox.write("in", "2\n");
        tells("2", "in changed");
    }
}

#[test]
fn a_call_that_a_signal_interrupts_is_not_stored() {
    let Some(sandbox) = with_c(
        "static void tick(int s) { (void)s; }
        int main(void) {
            int lost = 0; struct sigaction a = {.sa_handler = tick}; sigaction(SIGALRM, &a, 0);
            struct itimerval t = {{0, 100}, {0, 100}}; setitimer(ITIMER_REAL, &t, 0);
            for (int i = 0; i < 5000; i++) {
                int fd = open(\"in\", O_RDONLY);
                if (fd < 0) { if (errno != EINTR) return 1; lost++; } else close(fd);
            }
            puts(lost ? \"interrupted\" : \"whole\"); return 0;
        }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "exec ./c");
    traced.write("in", "1\n");
    for _ in 0..3 {
        let output = traced.call().output();
        let stderr = output.stderr_text();
        match output.stdout_text().as_str() {
            "interrupted\n" => assert!(stderr.contains("not stored: a signal"), "{stderr}"),
            "whole\n" => {}
            other => panic!("{other}: {stderr}"),
        }
    }
}

#[test]
fn a_static_program_is_followed() {
    let sandbox = Sandbox::new();
    sandbox.write("c.c", "#include <fcntl.h>\n#include <unistd.h>\nint main(void) { char b[9]; write(1, b, read(open(\"in\", O_RDONLY), b, 9)); return 0; }\n");
    if !sandbox.sh("cc -static -o c c.c 2> /dev/null").output().status.success() {
        return skipped("a static C library");
    }
    depends_on_in(&Traced::within(sandbox, "exec ./c"));
}

#[test]
fn a_child_by_vfork_is_followed() {
    let Some(sandbox) = with_c(
        "int main(void) { pid_t p = vfork();
        if (!p) { execl(\"/bin/cat\", \"cat\", \"in\", (char *)0); _exit(1); }
        int s; waitpid(p, &s, 0); return s; }",
    ) else {
        return;
    };
    depends_on_in(&Traced::within(sandbox, "exec ./c"));
}

#[test]
fn threads_that_read_at_the_same_time_are_followed() {
    let Some(sandbox) = with_c(
        "static char last[8];
        static void *run(void *x) {
            char n[9]; sprintf(n, \"in%ld\", (long)x);
            for (int i = 0; i < 300; i++) {
                int fd = open(n, O_RDONLY); if (fd < 0 || read(fd, last + (long)x, 1) != 1) exit(1); close(fd);
            }
            return x;
        }
        int main(void) {
            pthread_t t[8];
            for (long i = 0; i < 8; i++) pthread_create(t + i, 0, run, (void *)i);
            for (long i = 0; i < 8; i++) pthread_join(t[i], 0);
            printf(\"%.8s\\n\", last); return 0;
        }",
    ) else {
        return;
    };
    let traced = Traced::within(sandbox, "exec ./c");
    traced.sh("for i in 0 1 2 3 4 5 6 7; do echo $i > in$i; done");
    traced.gives("01234567\n").stored();
    traced.gives("01234567\n").hit();
    for name in ["in0", "in5", "in7"] {
        let before = traced.sandbox.read(name);
        traced.write(name, "x\n");
        let shown = "01234567\n".replace(before.trim(), "x");
        traced.gives(&shown).missed(&format!("{name} changed"));
        traced.write(name, &before);
        traced.gives("01234567\n").hit();
    }
}

#[test]
fn make_with_many_recipes_at_once_is_followed() {
    if !has("make") {
        return skipped("make");
    }
    let traced = Traced::new("make -s -j2 | sort");
    let rule = |n: u32| format!("t{n}: in{n}\n\t@cat in{n}\n");
    let rules: String = (0..20).map(rule).collect();
    let targets: Vec<_> = (0..20).map(|n| format!("t{n}")).collect();
    traced.write("Makefile", &format!("all: {}\n{rules}", targets.join(" ")));
    traced.sh("for i in $(seq 0 19); do echo a > in$i; done");
    traced.gives(&"a\n".repeat(20)).stored();
    traced.gives(&"a\n".repeat(20)).hit();
    traced.write("in13", "b\n");
    traced.gives(&format!("{}b\n", "a\n".repeat(19))).missed("in13 changed");
}

#[test]
fn an_inner_call_that_cannot_trace_says_so_and_the_outer_trace_follows_it() {
    let traced = Traced::new("cachex --trace -v -- sh -c 'cat in; :' 2> told");
    traced.sh("echo 1 > in");
    let output = traced.call().output();
    traced.told(&output, "1\n", 0).stored();
    assert!(
        traced.sandbox.read("told").contains("cachex: not stored: "),
        "{}",
        traced.sandbox.read("told")
    );
    traced.gives("1\n").hit();
    traced.write("in", "2\n");
    traced.gives("2\n").missed("in changed");
}

#[test]
fn a_debugger_inside_works() {
    const SCRIPT: &str =
        "gdb -nx -batch -ex 'break getpid' -ex run -ex bt -ex kill ./c 2> /dev/null | grep -c '^#'";
    if !has("gdb") {
        return skipped("gdb");
    }
    let sandbox = Sandbox::new();
    let source = "#include <unistd.h>\nint main(void) { return getpid() == 0; }\n";
    if compiled(&sandbox.dir, "c", source).is_none() {
        return skipped("a C compiler");
    }
    let bare = sandbox.sh(SCRIPT).output().stdout_text();
    if bare == "0\n" {
        return skipped("the right to use gdb");
    }
    let traced = Traced::within(sandbox, SCRIPT);
    let output = traced.call().output();
    assert_eq!(output.stdout_text(), bare);
    assert!(output.stderr_text().contains("stored"), "{}", output.stderr_text());
}
