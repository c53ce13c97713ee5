//! `explain`: hit or miss, the parts of the key, and the differences from the nearest entry.

use super::harness::{Sandbox, Texts};
use std::fs;

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

#[track_caller]
fn explain(sandbox: &Sandbox, words: &str) -> String {
    let output = sandbox.cachex(&format!("explain {words}")).env("AWS_PROFILE", "one").output();
    assert_eq!(output.stderr_text(), "");
    assert_eq!(output.status.code(), Some(0));
    output.stdout_text()
}

#[test]
fn explain_reports_hits_and_misses_and_runs_nothing() {
    let sandbox = sandbox();
    let first = explain(&sandbox, "-- ./s.sh a");
    assert!(
        first.starts_with("miss: nothing stored for this call\nthen: the command runs, "),
        "{first}"
    );
    assert_eq!(sandbox.runs(), 0);
    sandbox.cachex("./s.sh a").gives("hi\n");
    let then = explain(&sandbox, "./s.sh a");
    assert!(then.starts_with("hit: stored ") && then.contains(" ago as entry 1\n"), "{then}");
    sandbox.age(600);
    let expired = explain(&sandbox, "--ttl 5m ./s.sh a");
    assert!(expired.starts_with("miss: expired 5m"), "{expired}");
    let stale = explain(&sandbox, "--ttl 5m --stale-while-revalidate 1h ./s.sh a");
    assert!(stale.contains(", stale\nthen: the entry is replayed, and renewed "), "{stale}");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn differences_from_the_nearest_entry_are_named() {
    let sandbox = sandbox();
    sandbox.write("schema.sql", "1");
    let options = "--env AWS_PROFILE --file schema.sql";
    let call = |options: &str, words: &str| {
        sandbox
            .cachex(&format!("{options} ./s.sh {words}"))
            .env("AWS_PROFILE", "one")
            .gives("hi\n");
    };
    call(options, "a b");
    let differs = |options: &str, words: &str| {
        let told = explain(&sandbox, &format!("{options} -- ./s.sh {words}"));
        let nearest = told.lines().find(|line| line.starts_with("nearest: ")).expect("told");
        nearest
            .split_once(": entry 1, stored ")
            .expect("told")
            .1
            .split_once(": ")
            .expect("told")
            .1
            .to_owned()
    };
    assert_eq!(differs(options, "a c"), "argument 2 changed");
    assert_eq!(differs(options, "a"), "argument 2 is gone");
    assert_eq!(differs(options, "a b c"), "argument 3 is new");
    assert_eq!(differs(&format!("{options} --scope x"), "a b"), "scope changed");
    assert_eq!(differs("--file schema.sql", "a b"), "env AWS_PROFILE is gone");
    assert_eq!(differs(&format!("{options} --ignore-cwd"), "a b"), "working directory is gone");
    let told = sandbox.cachex(&format!("explain {options} ./s.sh a b")).env("AWS_PROFILE", "two");
    let told = told.output().stdout_text();
    assert!(told.contains(": env AWS_PROFILE changed\n"), "{told}");
    sandbox.write("schema.sql", "2");
    assert_eq!(differs(options, "a b"), "file schema.sql changed");
    sandbox.write("schema.sql", "1");
    sandbox.script("s.sh", "echo hi; # edited");
    let script = sandbox.dir.join("s.sh").display().to_string();
    assert_eq!(differs(options, "a b"), format!("script {script} changed"));
    let stderr = sandbox.cachex(&format!("-v {options} ./s.sh a b")).env("AWS_PROFILE", "one");
    let stderr = stderr.tells("hi\n", 0);
    let expected = format!("miss: nothing stored for this call: script {script} changed\n");
    assert!(stderr.contains(&expected), "{stderr}");
}

#[test]
fn arguments_are_numbered_as_they_were_typed() {
    let sandbox = sandbox();
    let ignoring = "--ignore-arg -v --ignore-arg --token=* ./s.sh";
    sandbox.cachex(&format!("{ignoring} --token=1 a -v b")).gives("hi\n");
    for (words, expected) in [
        ("--token=2 a -v c", "argument 4 changed"),
        ("a c", "argument 2 changed"),
        ("-v c b --token=3", "argument 2 changed"),
        ("--token=2 a", "argument 3 is gone"),
        ("a --token=2 -v", "argument 4 is gone"),
        ("--token=2 a b c", "argument 4 is new"),
        ("-v", "argument 2 is gone, argument 3 is gone"),
    ] {
        let told = explain(&sandbox, &format!("{ignoring} {words}"));
        let nearest = told.lines().nth(2).expect("told");
        assert!(nearest.ends_with(&format!(": {expected}")), "{words}: {nearest}");
        let told = sandbox.cachex(&format!("-v --no-store {ignoring} {words}")).tells("hi\n", 0);
        assert!(told.contains(&format!(": {expected}\n")), "{words}: {told}");
    }
    let told = explain(&sandbox, &format!("--json {ignoring} -v a --token=2 b"));
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let parts = told["parts"].as_array().expect("a list").iter();
    let named =
        parts.filter(|part| part["name"].as_str().is_some_and(|n| n.starts_with("argument")));
    let named: Vec<_> = named.map(|part| (&part["name"], &part["value"])).collect();
    assert_eq!(named, [(&"argument 2".into(), &"a".into()), (&"argument 4".into(), &"b".into())]);
}

#[test]
fn values_of_variables_are_not_stored_shown_or_guessable_from_digests() {
    let secret = "s3cret-value-of-a-variable";
    let parts = |sandbox: &Sandbox| {
        let call = |words: &str| sandbox.cachex(words).env("TOKEN", secret);
        call("--env TOKEN ./s.sh").gives("hi\n");
        let told = call("explain --env TOKEN ./s.sh").output().stdout_text();
        assert!(told.contains("env TOKEN") && !told.contains(secret), "{told}");
        for file in std::fs::read_dir(sandbox.store_dir()).expect("readable") {
            let bytes = std::fs::read(file.expect("readable").path()).expect("readable");
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
        let lines =
            told.lines().filter(|line| line.contains("env TOKEN") || line.starts_with("key "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (one, other) = (parts(&sandbox()), parts(&sandbox()));
    assert_eq!((one.len(), other.len()), (2, 2));
    assert!(one.iter().zip(&other).all(|(a, b)| a != b), "another store, other digests: {one:?}");
}

#[test]
fn the_fate_of_a_removed_entry_is_reported() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a").gives("hi\n");
    sandbox.cachex("clear -- ./s.sh a").output();
    let told = explain(&sandbox, "./s.sh a");
    assert!(told.starts_with("miss: nothing stored for this call: cleared "), "{told}");
    sandbox.cachex("--max-entries 1 ./s.sh a").gives("hi\n");
    sandbox.cachex("--max-entries 1 ./s.sh b").gives("hi\n");
    let told = explain(&sandbox, "./s.sh a");
    assert!(told.starts_with("miss: nothing stored for this call: evicted "), "{told}");
    let told = sandbox.cachex("-v ./s.sh a").tells("hi\n", 0);
    assert!(told.contains(" ago: argument 1 changed\n"), "{told}");
    assert!(explain(&sandbox, "./s.sh a").starts_with("hit: "));
    sandbox.cachex("prune --max-size 1").output();
    let told = explain(&sandbox, "./s.sh a");
    assert!(told.starts_with("miss: nothing stored for this call: evicted "), "{told}");
    sandbox.cachex("--ttl 1m ./s.sh a").gives("hi\n");
    sandbox.age(100);
    sandbox.cachex("prune").output();
    let told = explain(&sandbox, "./s.sh a");
    assert!(told.starts_with("miss: nothing stored for this call: pruned as expired "), "{told}");
}

#[test]
fn control_characters_are_escaped() {
    let sandbox = sandbox();
    let output = sandbox.cachex_words(["explain", "--", "./s.sh", "\u{1b}[31mred\n"]).output();
    let told = output.stdout_text();
    assert!(told.contains("\\x1b[31mred\\n") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn json_has_stable_names() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh a").gives("hi\n");
    let told = explain(&sandbox, "--json -- ./s.sh b");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["verdict"], "miss");
    assert_eq!(told["reason"], "nothing stored for this call");
    assert_eq!(told["nearest"]["id"], 1);
    assert_eq!(told["nearest"]["differences"], serde_json::json!(["argument 1 changed"]));
    assert!(told["nearest"]["age"].is_f64());
    let argument =
        told["parts"].as_array().expect("a list").iter().find(|p| p["name"] == "argument 1");
    let argument = argument.expect("a part");
    assert_eq!(argument["value"], "b");
    assert_eq!(argument["digest"].as_str().map(str::len), Some(16));
    assert_eq!(told["key"].as_str().map(str::len), Some(16));
}

#[test]
fn explain_looks_into_a_pipe_and_takes_nothing() {
    let sandbox = Sandbox::with_script("cat");
    sandbox.cachex("./s.sh").stdin("content\n").gives("content\n");
    let script = "printf 'content\\n' | { cachex explain ./s.sh | head -1 | cut -d: -f1; cat; }";
    sandbox.sh(script).gives("hit\ncontent\n");
    let script = "printf 'other\\n' | { cachex explain ./s.sh | head -1; cat; }";
    sandbox.sh(script).gives("miss: stored for another standard input only\nother\n");
    for (options, length) in [("--stdin", 10), ("", 300_000)] {
        sandbox.cachex("./s.sh").stdin("x".repeat(400_000)).output();
        let script = format!(
            "head -c {length} /dev/zero | {{ cachex explain {options} ./s.sh > /dev/null; wc -c; }}"
        );
        sandbox.sh(&script).gives(format!("{length}\n"));
    }
    let script =
        "head -c 300000 /dev/zero | { cachex --only-if-cached -- ./s.sh 2> err || wc -c; }";
    sandbox.sh(script).gives("300000\n");
}

#[test]
fn explain_reports_when_a_run_would_be_uncached() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo fifo").gives("");
    let then = "then: the command runs uncached\n";
    let fault = "cannot compute the key: fifo: it is not a regular file";
    let expected = format!("uncached: {fault}\n{then}");
    sandbox.cachex("explain --file fifo ./s.sh").gives(&expected);
    // There is no warning even if the store is damaged: cachex does not open it.
    fs::write(sandbox.database(), "no database").expect("written");
    sandbox.cachex("explain --file fifo ./s.sh").gives(&expected);
    let expected = format!("uncached: cachex is switched off\n{then}");
    sandbox.cachex("explain ./s.sh").env("CACHEX_NO_CACHE", "1").gives(expected);
    let told = sandbox.cachex("explain --json --no-cache ./s.sh").output().stdout;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    assert_eq!((&told["key"], &told["parts"]), (&serde_json::Value::Null, &serde_json::json!([])));
    sandbox.cachex("explain ./none").tells("", 127);
    sandbox.cachex("explain").tells("", 2);
    sandbox.cachex("explain --ttl nonsense ./s.sh").tells("", 2);
}

#[test]
fn a_run_names_a_few_differences_and_explain_names_all() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    let words = (1..=30).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let all = explain(&sandbox, &format!("./s.sh {words}"));
    assert!(
        all.contains("argument 8 is new, argument 9 is new") && all.contains("argument 30 is new"),
        "{all}"
    );
    let told = sandbox.cachex(&format!("-v ./s.sh {words}")).tells("hi\n", 0);
    assert!(told.contains("argument 8 is new, and 22 more\n"), "{told}");
    // A single further difference is named, because counting it takes as much room.
    let told = sandbox.cachex("-v ./s.sh 1 2 3 4 5 6 7 8 nine").tells("hi\n", 0);
    assert!(!told.contains("more"), "{told}");
}

#[test]
fn a_replayed_failure_is_called_one() {
    let sandbox = Sandbox::with_script("echo hi; exit 3");
    let told = |words: &str| {
        let output = sandbox.cachex(words).output();
        output.stdout_text() + &output.stderr_text()
    };
    told("./s.sh");
    let failure = "; a failure (exit 3), replayed for another ";
    assert_eq!(told("./s.sh"), "hi\n");
    for words in ["-v ./s.sh", "explain ./s.sh"] {
        let told = told(words);
        assert_eq!(told.matches(failure).count(), 1, "{told}");
        assert!(told.contains(": --refresh runs it again\n"), "{told}");
    }
    for words in ["-v --cache-exit 3 ./s.sh", "explain --cache-exit 3 ./s.sh"] {
        assert!(!told(words).contains("failure"), "{words}");
    }
    assert_eq!(sandbox.runs(), 1);
}
