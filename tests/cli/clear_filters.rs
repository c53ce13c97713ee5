//! The filters of `clear` and `list`.

use super::harness::Sandbox;

const NOTHING: &str = "removed nothing\n";

/// A sandbox that stores `./s.sh` with each of these argument lists.
fn sandbox(calls: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_script("echo hi");
    for arguments in calls {
        sandbox.cachex(&format!("./s.sh {arguments}")).gives("hi\n");
    }
    sandbox
}

/// The stored command lines that match, sorted.
fn stored(sandbox: &Sandbox, filters: &str) -> Vec<String> {
    let json = sandbox.cachex(&format!("list --json {filters}")).output().stdout;
    let entries: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let line = |entry: &serde_json::Value| {
        let words = entry["command"].as_array().expect("words");
        words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<_> = entries.as_array().expect("entries").iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn exact_selects_the_call_without_arguments() {
    let sandbox = sandbox(&["", "a", "a b"]);
    sandbox.cachex("clear --exact -- ./s.sh").gives("removed 1 entry (3B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh a", "./s.sh a b"]);
    sandbox.cachex("clear --exact -- ./s.sh a").gives("removed 1 entry (3B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh a b"]);
}

#[test]
fn exact_does_not_select_scripts_of_an_interpreter() {
    let sandbox = Sandbox::new();
    sandbox.write("x.pl", "print \"pl\\n\"");
    sandbox.cachex("perl x.pl").gives("pl\n");
    sandbox.cachex("perl").gives("");
    sandbox.cachex("clear --exact -- perl").gives("removed 1 entry (0B)\n");
    sandbox.cachex("clear --exact -- perl x.pl").gives("removed 1 entry (3B)\n");
}

#[test]
fn prefix_selects_calls_whose_arguments_begin_with_the_words() {
    let calls = ["", "log", "log -3", "log -3 x", "logs", "x log"];
    let sandbox = sandbox(&calls);
    sandbox.cachex("clear --prefix -- ./s.sh log").gives("removed 3 entries (9B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh", "./s.sh logs", "./s.sh x log"]);
    sandbox.cachex("clear --prefix -- ./s.sh").gives("removed 3 entries (9B)\n");
}

#[test]
fn prefix_applies_to_the_words_around_an_interpreters_script() {
    let sandbox = Sandbox::new();
    sandbox.write("x.pl", "print \"pl\\n\"");
    for call in ["-w x.pl a b", "-w x.pl a", "-w x.pl", "-W x.pl"] {
        sandbox.cachex(&format!("perl {call}")).gives("pl\n");
    }
    sandbox.cachex("clear --prefix -- perl -w x.pl a").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear --prefix -- perl -w").gives("removed 1 entry (3B)\n");
    assert_eq!(stored(&sandbox, ""), ["perl -W x.pl"]);
}

#[test]
fn scope_combines_with_a_command() {
    let sandbox = sandbox(&["a"]);
    for scope in ["one", "two"] {
        sandbox.cachex(&format!("--scope {scope} ./s.sh a")).gives("hi\n");
        sandbox.cachex(&format!("--scope {scope} ./s.sh b")).gives("hi\n");
    }
    assert_eq!(stored(&sandbox, "--scope one"), ["./s.sh a", "./s.sh b"]);
    sandbox.cachex("clear --scope one -- ./s.sh b").gives("removed 1 entry (3B)\n");
    sandbox.cachex("clear --scope two").gives("removed 2 entries (6B)\n");
    sandbox.cachex("clear --scope other").gives(NOTHING);
    assert_eq!(stored(&sandbox, "--scope one"), ["./s.sh a"]);
    sandbox.cachex("clear --scope=").gives("removed 1 entry (3B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh a"]);
}

#[test]
fn expired_uses_the_ttl_of_the_call_that_stored() {
    let sandbox = sandbox(&["for-ever"]);
    sandbox.cachex("--ttl 1h ./s.sh hour").gives("hi\n");
    sandbox.cachex("--ttl 1d ./s.sh day").gives("hi\n");
    sandbox.script("f.sh", "exit 3");
    sandbox.cachex("./f.sh").ends("", "", 3);
    sandbox.age(3000);
    assert_eq!(stored(&sandbox, "--expired"), ["./f.sh"]);
    sandbox.age(600);
    sandbox.cachex("clear --expired -- ./s.sh").gives("removed 1 entry (3B)\n");
    sandbox.cachex("clear --expired").gives("removed 1 entry (0B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh day", "./s.sh for-ever"]);
}

#[test]
fn a_future_date_is_expired_but_not_old() {
    let sandbox = sandbox(&["a"]);
    sandbox.age(-60);
    sandbox.cachex("clear --older-than 0").gives(NOTHING);
    sandbox.cachex("clear --expired").gives("removed 1 entry (3B)\n");
}

#[test]
fn older_than_uses_the_age_alone() {
    let sandbox = sandbox(&["old"]);
    sandbox.age(60);
    sandbox.cachex("--ttl 1h ./s.sh middle").gives("hi\n");
    sandbox.age(60);
    sandbox.cachex("./s.sh new").gives("hi\n");
    sandbox.cachex("clear --older-than 2min").gives("removed 1 entry (3B)\n");
    sandbox.cachex("clear --older-than none").gives(NOTHING);
    assert_eq!(stored(&sandbox, "--older-than 30s -- ./s.sh middle"), ["./s.sh middle"]);
    sandbox.cachex("clear --older-than 30s --expired").gives(NOTHING);
    sandbox.cachex("clear --older-than 30s").gives("removed 1 entry (3B)\n");
    assert_eq!(stored(&sandbox, ""), ["./s.sh new"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let sandbox = sandbox(&["a", "b"]);
    let before = std::fs::read(sandbox.database()).expect("readable");
    sandbox.cachex("clear --dry-run").gives("would remove 2 entries (6B)\n");
    sandbox.cachex("clear --dry-run -- ./s.sh a").gives("would remove 1 entry (3B)\n");
    sandbox.cachex("clear --dry-run --expired").gives("would remove nothing\n");
    assert!(std::fs::read(sandbox.database()).expect("readable") == before);
    assert_eq!(stored(&sandbox, "-- ./s.sh"), ["./s.sh a", "./s.sh b"]);
}

#[test]
fn invalid_filters_are_refused() {
    let sandbox = sandbox(&["a"]);
    for (filters, part) in [
        ("--exact", "COMMAND"),
        ("--prefix", "COMMAND"),
        ("--exact --prefix -- ./s.sh", "--prefix"),
        ("--older-than banana", "'banana'"),
        ("--older-than -5", "negative"),
    ] {
        let stderr = sandbox.cachex(&format!("clear {filters}")).tells("", 2);
        assert!(stderr.contains(part), "{filters}: {stderr}");
    }
    assert_eq!(stored(&sandbox, ""), ["./s.sh a"]);
}
