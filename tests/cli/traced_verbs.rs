//! The answers of the verbs about entries of traced runs.

use super::harness::seccomp::refusing;
use super::harness::{Call, Sandbox, Texts};
use serde_json::{Value, json};

/// The output of a verb with `--json`.
#[track_caller]
fn answer(sandbox: &Sandbox, words: &str) -> Value {
    let output = sandbox.cachex(words).output();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.stderr.escape_ascii()))
}

/// The inputs of the newest entry with this path.
#[track_caller]
fn inputs_at(sandbox: &Sandbox, path: &str) -> Vec<Value> {
    let shown = answer(sandbox, "show --json 1");
    let inputs = shown["inputs"].as_array().expect("inputs");
    inputs.iter().filter(|input| input["path"] == path).cloned().collect()
}

fn input(path: &str, follow: bool, asked: &[&str], found: bool) -> Value {
    json!({ "path": path, "follow": follow, "asked": asked, "found": found })
}

#[test]
fn the_inputs_of_an_entry_are_shown_as_json() {
    let sandbox = Sandbox::with_script(
        "cat src/a; cat missing/file 2>&-; cat src/a/below 2>&-; ls sub; readlink link; stat -c %s stated",
    );
    sandbox.write("src/a", "secret content\n");
    sandbox.write("sub/x", "");
    sandbox.write("stated", "123");
    std::os::unix::fs::symlink("target", sandbox.dir.join("link")).expect("linked");
    sandbox.cachex("--trace ./s.sh").tells("secret content\nx\ntarget\n3\n", 0);
    assert_eq!(inputs_at(&sandbox, "src/a"), [input("src/a", true, &["content"], true)]);
    assert_eq!(inputs_at(&sandbox, "missing"), [input("missing", true, &["access"], false)]);
    let below = inputs_at(&sandbox, "src/a/below");
    assert!(below.iter().all(|input| input["found"] == false) && !below.is_empty(), "{below:?}");
    assert!(inputs_at(&sandbox, "sub")[0]["asked"].to_string().contains("listing"));
    assert_eq!(inputs_at(&sandbox, "link"), [input("link", false, &["link"], true)]);
    assert_eq!(inputs_at(&sandbox, "stated"), [input("stated", false, &["stat"], true)]);
    let whole = answer(&sandbox, "show --json 1").to_string();
    assert!(!whole.contains("secret content"), "{whole}");
}

#[test]
fn an_entry_whose_run_was_not_traced_has_no_inputs() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(answer(&sandbox, "show --json 1")["inputs"], Value::Null);
}

#[test]
fn the_inputs_of_an_entry_are_listed_by_directory() {
    let sandbox = Sandbox::with_script("cat src/*; cat \"$(printf 'a\\033b')\" missing 2>&-");
    sandbox.write("src/a", "secret\n");
    sandbox.write("a\u{1b}b", "x");
    sandbox.cachex("--trace ./s.sh").tells("secret\nx", 1);
    let shown = sandbox.cachex("show 1").output().stdout_text();
    assert!(shown.contains("\nin the project\n"), "{shown}");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = shown.lines().map(words).collect();
    for expected in ["content src/a", "content $'a\\x1bb'", "absent missing", "access, listing src"]
    {
        assert!(lines.iter().any(|line| line == expected), "no {expected:?} in {shown}");
    }
    let elsewhere = shown.split("\nelsewhere\n").nth(1).expect("others");
    assert!(elsewhere.contains("  /etc\n") || elsewhere.contains("  /usr/bin\n"), "{elsewhere}");
    assert!(!shown.contains("secret\n"), "{shown}");
    let line = shown.lines().find(|line| line.starts_with("inputs ")).expect("a line");
    assert!(line.ends_with(" of them absent"), "{line}");
}

#[test]
fn explain_says_how_many_inputs_were_checked() {
    let sandbox = Sandbox::with_script("cat a");
    sandbox.write("a", "x");
    sandbox.cachex("--trace ./s.sh").gives("x");
    let shown = sandbox.cachex("explain --trace ./s.sh").output().stdout_text();
    let first = shown.lines().next().expect("a line");
    assert!(first.starts_with("hit: stored ") && first.contains(" inputs are as they were"));
    let stderr = sandbox.cachex("-v --trace ./s.sh").tells("x", 0);
    assert!(stderr.contains(" inputs are as they were\n"), "{stderr}");
    let untraced = sandbox.cachex("explain ./s.sh").output().stdout_text();
    assert!(!untraced.contains("inputs are"), "{untraced}");
}

#[test]
fn explain_names_every_input_that_is_no_longer_as_it_was() {
    let sandbox = Sandbox::with_script(
        "cat a b missing below/x a/y 2>&-; ls src; readlink link; test -e stated; stat -c %s touched",
    );
    for name in ["a", "b", "src/1", "stated", "touched"] {
        sandbox.write(name, name);
    }
    std::os::unix::fs::symlink("b", sandbox.dir.join("link")).expect("linked");
    sandbox.cachex("--trace --failure-ttl none ./s.sh").tells("ab1\nb\n7\n", 0);
    let explain = "explain --trace ./s.sh";
    assert!(sandbox.cachex(explain).output().stdout_text().starts_with("hit: "));

    std::fs::remove_file(sandbox.dir.join("b")).expect("removed");
    std::fs::remove_file(sandbox.dir.join("link")).expect("removed");
    std::os::unix::fs::symlink("a", sandbox.dir.join("link")).expect("linked");
    std::fs::remove_file(sandbox.dir.join("stated")).expect("removed");
    for name in ["a", "missing", "below/y", "src/2", "touched"] {
        sandbox.write(name, "another content");
    }
    let shown = sandbox.cachex(explain).output().stdout_text();
    assert!(shown.starts_with("miss: stored for other inputs: "), "{shown}");
    let nearest = shown.lines().find(|line| line.starts_with("nearest: ")).expect("a line");
    let expected = [
        "file a changed",
        "file b is gone",
        "directory below is there now",
        "link link changed",
        "file missing is there now",
        "directory src changed",
        "stated is gone",
        "file touched changed",
    ];
    for part in expected {
        assert!(nearest.contains(part), "no {part:?} in {nearest}");
    }
    let answer = answer(&sandbox, "explain --json --trace ./s.sh");
    let differences = answer["nearest"]["differences"].as_array().expect("differences");
    assert!(differences.contains(&json!("file a changed")), "{differences:?}");
    assert_eq!(answer["nearest"]["id"], 1);
    let stderr =
        sandbox.cachex("-v --trace ./s.sh").tells("another contentanother content1\n2\na\n15\n", 0);
    assert!(stderr.contains("miss: stored for other inputs: file a changed, "), "{stderr}");
}

#[test]
fn doctor_tells_whether_commands_can_be_traced() {
    let sandbox = Sandbox::new();
    let tracing = |call: Call| {
        let shown = call.output().stdout_text();
        shown.lines().find(|line| line.contains(" tracing ")).expect("a line").to_owned()
    };
    let works = tracing(sandbox.cachex("doctor"));
    assert!(works.starts_with("ok ") && works.contains("works"), "{works}");
    for (call, error, reason) in [
        (libc::SYS_seccomp, libc::EPERM, "seccomp filters are not allowed here"),
        (libc::SYS_seccomp, libc::EBUSY, "another program traces already"),
        (libc::SYS_seccomp, libc::EINVAL, "Linux 5.19"),
        (libc::SYS_process_vm_readv, libc::EPERM, "may not read each other's memory"),
    ] {
        let refused = tracing(refusing(sandbox.cachex("doctor"), call, error));
        assert!(refused.starts_with("warning ") && refused.contains(reason), "{refused}");
    }
}

#[test]
fn a_command_that_cannot_be_traced_runs_with_one_warning() {
    let sandbox = Sandbox::with_script("echo hi");
    let without_filters =
        |words: &str| refusing(sandbox.cachex(words), libc::SYS_seccomp, libc::EPERM);
    let warning = "cachex: warning: cannot trace: seccomp filters are not allowed here; the result is not stored\n";
    without_filters("--trace ./s.sh").ends("hi\n", warning, 0);
    without_filters("-q --trace ./s.sh").gives("hi\n");
    let stderr = sandbox.cachex("-v --trace ./s.sh").tells("hi\n", 0);
    assert!(stderr.contains("miss: nothing stored for this call\n"), "{stderr}");
    // Entries can still be checked.
    without_filters("--trace ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn a_traced_call_inside_a_traced_call_only_says_so_in_detail() {
    let sandbox = Sandbox::with_script("cachex --trace echo inner");
    sandbox.cachex("--trace ./s.sh").gives("inner\n");
    sandbox.cachex("--trace ./s.sh").gives("inner\n");
    assert_eq!(sandbox.runs(), 1);
    sandbox.script("v.sh", "cachex -v --trace echo inner");
    let stderr = sandbox.cachex("--trace ./v.sh").tells("inner\n", 0);
    assert!(stderr.contains("cachex: not stored: another program traces already\n"), "{stderr}");
}

#[test]
fn a_call_keeps_results_for_a_limited_number_of_input_states() {
    let sandbox = Sandbox::new();
    let call = "--trace -- sh -c cat<a";
    let state = |number: u32| format!("{number}\n");
    for number in 0..70 {
        sandbox.write("a", state(number));
        sandbox.cachex(call).gives(state(number));
    }
    assert_eq!(sandbox.entries().len(), 64);
    for (number, verdict) in [(0, "miss"), (5, "miss"), (6, "hit"), (69, "hit")] {
        sandbox.write("a", state(number));
        let shown = sandbox.cachex(&format!("explain {call}")).output().stdout_text();
        assert!(shown.starts_with(verdict), "{number}: {shown}");
    }
}

#[test]
fn a_call_keeps_results_of_runs_that_asked_for_different_files() {
    let sandbox = Sandbox::new();
    let call = "--trace -- sh -c cat<\"$(cat<name)\"";
    for number in 0..20 {
        let name = number.to_string();
        sandbox.write(&name, &name);
        sandbox.write("name", &name);
        sandbox.cachex(call).gives(&name);
    }
    for number in 0..20 {
        let name = number.to_string();
        sandbox.write("name", &name);
        sandbox.cachex(&format!("--only-if-cached {call}")).gives(&name);
    }
}

#[test]
fn entries_whose_inputs_cannot_be_read_are_found_and_healed() {
    for damage in [
        "DELETE FROM note WHERE kind = 8",
        "UPDATE note SET value = x'00' WHERE kind = 8",
        "UPDATE entry SET inputs = x'00'",
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("a", "x");
        sandbox.cachex("--trace cat a").gives("x");
        sandbox.sql(damage);
        let shown = sandbox.cachex("doctor").output().stdout_text();
        assert!(shown.contains("1 of 1 are damaged"), "{damage}: {shown}");
        let shown = sandbox.cachex("show 1").output().stdout_text();
        assert!(shown.contains("they cannot be read\n"), "{damage}: {shown}");
        assert_eq!(answer(&sandbox, "show --json 1")["inputs"], Value::Null);
        let stderr = sandbox.cachex("-v --trace cat a").tells("x", 0);
        assert!(stderr.contains("cachex: stored; "), "{damage}: {stderr}");
        sandbox.cachex("--trace --only-if-cached cat a").gives("x");
        let shown = sandbox.cachex("doctor").output().stdout_text();
        assert!(shown.contains("all intact"), "{damage}: {shown}");
    }
}

#[test]
fn a_trusted_project_may_have_its_commands_traced() {
    let sandbox = Sandbox::new();
    sandbox.write("a", "x");
    sandbox.write("log", "1");
    sandbox.project_config(
        "[[rule]]\ncommand = \"cat\"\ntrace = true\ntrace-ignore = [\"log\"]\ntrace-times = \"ignore\"\n",
    );
    sandbox.cachex("--ignore-file-args cat a log").gives("x1");
    sandbox.write("log", "2");
    sandbox.cachex("--ignore-file-args cat a log").gives("x1");
    sandbox.write("a", "y");
    sandbox.cachex("--ignore-file-args cat a log").gives("y2");
    let shown = sandbox.cachex("config -- cat a").output().stdout_text();
    for option in ["trace ", "trace-ignore ", "trace-times "] {
        assert!(shown.lines().any(|line| line.starts_with(option)), "no {option:?} in {shown}");
    }
}

#[test]
fn a_directory_of_a_traced_run_is_not_reported_to_count_by_its_name_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("src/a", "");
    let stderr = sandbox.cachex("-v --trace ls src").tells("a\n", 0);
    assert!(!stderr.contains("by its name alone"), "{stderr}");
    let stderr = sandbox.cachex("-v ls src").tells("a\n", 0);
    assert!(stderr.contains("by its name alone"), "{stderr}");
}

#[test]
fn each_of_many_inputs_counts() {
    let sandbox = Sandbox::new();
    for number in 0..600 {
        sandbox.write(&format!("many/{number:03}"), "x");
    }
    let call = "--trace -- sh -c cat<src;cat</dev/null>&2;cat\tmany/*";
    sandbox.write("src", "");
    let whole = "x".repeat(600);
    sandbox.cachex(call).gives(&whole);
    for number in [0, 255, 256, 400, 599] {
        let name = format!("many/{number:03}");
        sandbox.cachex(&format!("--only-if-cached {call}")).gives(&whole);
        sandbox.write(&name, "y");
        let shown = sandbox.cachex(&format!("explain {call}")).output().stdout_text();
        let expected = format!("miss: stored for other inputs: file {name} changed\n");
        assert!(shown.starts_with(&expected), "{shown}");
        sandbox.write(&name, "x");
    }
}

#[test]
fn only_the_changed_input_is_named_with_outputs_too() {
    let sandbox = Sandbox::new();
    sandbox.write("in", "1");
    let call = || sandbox.cachex("-v --trace --outputs --file in -- cat in");
    call().tells("1", 0);
    let hit = call().tells("1", 0);
    assert!(!hit.contains("outputs"), "it has none: {hit}");
    sandbox.script("s.sh", "cat in");
    sandbox.write("in", "2");
    let told = sandbox.cachex("-v --trace --outputs --trace-ignore ran ./s.sh").tells("2", 0);
    assert!(told.contains("stored"), "{told}");
    sandbox.write("in", "3");
    let told = sandbox.cachex("-v --trace --outputs --trace-ignore ran ./s.sh").tells("3", 0);
    assert!(told.contains("miss: stored for other inputs: file in changed\n"), "{told}");
    let nearest = sandbox.cachex("explain --trace --outputs --file in -- cat in").output();
    let nearest = nearest.stdout_text();
    assert!(nearest.contains("file in changed\n"), "{nearest}");
}

#[test]
fn a_list_tells_entries_for_other_states_of_the_inputs_apart() {
    let sandbox = Sandbox::with_script("cat a");
    for content in ["1\n", "2\n"] {
        sandbox.write("a", content);
        sandbox.cachex("--trace ./s.sh").gives(content);
    }
    let listed = sandbox.cachex("list").output().stdout_text();
    let mut variants = listed.lines().skip(1).map(|line| line.split("traced files ").nth(1));
    let [newer, older] = [variants.next(), variants.next()].map(Option::flatten);
    assert!(newer.is_some() && older.is_some() && newer != older, "{listed}");
}
