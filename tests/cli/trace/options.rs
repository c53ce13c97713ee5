//! `--trace` together with other options, kinds of input and callers.

use super::super::harness::seccomp::refusing;
use super::super::harness::{Sandbox, Texts, wait_until};
use super::traced::Traced;
use std::fs;

#[test]
fn each_of_two_states_hits_again() {
    let traced = Traced::new("cat src/*");
    traced.sh("mkdir src; echo 1 > src/a");
    traced.gives("1\n").stored();
    traced.sh("echo 2 > src/a; echo 3 > src/b");
    traced.gives("2\n3\n").missed("");
    for _ in 0..2 {
        traced.sh("echo 1 > src/a; rm src/b");
        traced.gives("1\n").hit();
        traced.sh("echo 2 > src/a; echo 3 > src/b");
        traced.gives("2\n3\n").hit();
    }
}

#[test]
fn a_fresh_checkout_with_other_dates_hits() {
    let traced = Traced::new("cat src/*; test -x src/a || echo plain");
    traced.sh("mkdir src; echo 1 > src/a; touch -d @1000 src/a src");
    traced.gives("1\nplain\n").stored();
    traced.sh("cp -r src new; rm -r src; mv new src");
    traced.gives("1\nplain\n").hit();
}

#[test]
fn without_the_working_directory_relative_inputs_count_where_they_are_called() {
    let traced = Traced::new("cat in ../beside").with("--ignore-cwd");
    traced.sh("mkdir -p one/w two/w; echo 1 | tee one/w/in > two/w/in; echo b | tee one/beside > two/beside");
    let call = |directory: &str, stdout: &str| {
        let output = traced.call().in_dir(&traced.sandbox.dir.join(directory)).output();
        traced.told(&output, stdout, 0)
    };
    call("one/w", "1\nb\n").stored();
    call("one/w", "1\nb\n").hit();
    call("two/w", "1\nb\n").hit();
    traced.write("two/w/in", "2\n");
    call("two/w", "2\nb\n").missed("file in changed");
    call("one/w", "1\nb\n").hit();
    traced.write("two/beside", "c\n");
    call("two/w", "2\nc\n").missed("beside changed");
    call("one/w", "1\nb\n").hit();
}

#[test]
fn variables_configuration_and_flags_switch_it() {
    let sandbox = Sandbox::new();
    sandbox.write("in", "1\n");
    let script = ["-v", "--", "sh", "-c", "cat in; :"];
    let told = |sandbox: &Sandbox, before: &[&str], trace: &str| {
        let call = sandbox.cachex_words(before.iter().chain(&script));
        let call = if trace.is_empty() { call } else { call.env("CACHEX_TRACE", trace) };
        call.output().stderr_text()
    };
    assert!(told(&sandbox, &[], "1").contains("stored; traced: "));
    assert!(told(&sandbox, &["--trace"], "").contains("hit: "), "the same by a flag");
    assert!(told(&sandbox, &["--no-trace"], "1").ends_with("stored\n"), "a flag is stronger");
    sandbox.write("in", "2\n");
    assert!(told(&sandbox, &["--no-trace"], "1").contains("hit: "), "nothing counts untraced");
    assert!(told(&sandbox, &[], "1").contains("file in changed"));
    sandbox.user_config("trace = true\n");
    assert!(told(&sandbox, &[], "").contains("hit: "));
    assert!(told(&sandbox, &["--no-trace"], "").contains("hit: "));
}

#[test]
fn a_command_under_pty_is_traced() {
    let traced = Traced::new("test -t 1 && cat in").with("--pty=always");
    traced.write("in", "1\n");
    traced.gives("1\n").stored();
    traced.gives("1\n").hit();
    traced.write("in", "2\n");
    traced.gives("2\n").missed("file in changed");
}

#[test]
fn stdin_and_files_count_together() {
    let traced = Traced::new("cat - in");
    traced.write("in", "1\n");
    let call = |stdin: &str, stdout: &str| {
        let output = traced.call().stdin(stdin).output();
        traced.told(&output, stdout, 0)
    };
    call("a\n", "a\n1\n").stored();
    call("a\n", "a\n1\n").hit();
    call("b\n", "b\n1\n").stored();
    call("a\n", "a\n1\n").hit();
    traced.write("in", "2\n");
    call("a\n", "a\n2\n").missed("");
    call("b\n", "b\n2\n").missed("");
    traced.write("in", "1\n");
    call("b\n", "b\n1\n").hit();
    for redirection in ["< in", "< /dev/null", "<&-", "| cat"] {
        let sandbox = Sandbox::new();
        sandbox.write("in", "1\n");
        let call = match redirection {
            "| cat" => "echo x | cachex -v --trace -- sh -c 'cat in' | cat".to_owned(),
            _ => format!("cachex -v --trace -- sh -c 'cat in' {redirection}"),
        };
        let first = sandbox.sh(&call).tells("1\n", 0);
        assert!(first.contains("stored; traced"), "{redirection}: {first}");
        let second = sandbox.sh(&call).tells("1\n", 0);
        assert!(second.contains("hit: "), "{redirection}: {second}");
    }
}

#[test]
fn an_expired_result_is_renewed_in_the_background_with_its_inputs() {
    let traced =
        Traced::new("cat in; echo run >> ../runs").with("--ttl 100 --stale-while-revalidate 1h");
    traced.write("in", "1\n");
    traced.gives("1\n").stored();
    traced.sandbox.age(200);
    traced.gives("1\n").hit();
    let runs = traced.sandbox.dir.with_file_name("runs");
    let count = || fs::read_to_string(&runs).unwrap_or_default().lines().count();
    wait_until("it was renewed", || count() >= 2);
    traced.write("in", "2\n");
    traced.gives("2\n").missed("file in changed");
}

#[test]
fn warm_stores_the_inputs_of_a_traced_run() {
    let traced = Traced::new("cat in");
    traced.write("in", "1\n");
    traced.sandbox.cachex_words(["--warm", "--trace", "--", "sh", "-c", "cat in"]).gives("");
    wait_until("it is stored", || {
        traced.sandbox.database().exists() && !traced.sandbox.entries().is_empty()
    });
    traced.gives("1\n").hit();
    traced.write("in", "2\n");
    traced.gives("2\n").missed("file in changed");
}

#[test]
fn many_callers_share_one_run() {
    let traced = Traced::new("echo run >> ../runs; read x < go; cat in");
    let traced = traced.with("--trace-ignore go --trace-ignore ../runs");
    traced.sh("mkfifo go; echo 1 > in");
    let calls: Vec<_> = (0..8).map(|_| traced.call().spawn()).collect();
    let runs = traced.sandbox.dir.with_file_name("runs");
    wait_until("one runs", || runs.exists());
    // Later callers find the result, or wait for it.
    traced.sh("echo > go");
    for call in calls {
        let output = call.wait_with_output().expect("ended");
        assert_eq!(output.stdout_text(), "1\n", "{}", output.stderr_text());
    }
    assert_eq!(fs::read_to_string(&runs).expect("there").lines().count(), 1);
}

#[test]
fn where_it_cannot_be_traced_there_is_one_warning_and_nothing_is_stored() {
    let traced = Traced::new("cat in");
    traced.write("in", "1\n");
    for _ in 0..2 {
        let call = refusing(traced.call(), libc::SYS_seccomp, libc::EINVAL);
        let output = call.output();
        assert_eq!(output.stdout_text(), "1\n");
        let stderr = output.stderr_text();
        assert_eq!(stderr.matches("cachex: warning: ").count(), 1, "{stderr}");
        assert!(stderr.contains("the result is not stored"), "{stderr}");
    }
    assert!(!traced.sandbox.database().exists() || traced.sandbox.entries().is_empty());
}
