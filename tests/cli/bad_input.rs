//! What cannot be understood is refused with exit 2, the value quoted, before anything runs.

use super::harness::Sandbox;

#[track_caller]
fn refused(words: &str, parts: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo hi");
    let stderr = sandbox.cachex(words).tells("", 2);
    for part in parts {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert_eq!(sandbox.runs(), 0);
    assert!(!sandbox.store_dir().exists());
}

#[test]
fn durations() {
    refused("--ttl banana -- ./s.sh", &["'banana'", "--ttl", "1h 30min"]);
    refused("--ttl -5 -- ./s.sh", &["'-5'", "negative"]);
    refused("--ttl=-1h -- ./s.sh", &["'-1h'", "negative"]);
    refused("--failure-ttl soon -- ./s.sh", &["'soon'"]);
}

#[test]
fn numbers_and_sizes() {
    refused("--max-entries 0 -- ./s.sh", &["'0'", "from 1"]);
    refused("--max-entries -3 -- ./s.sh", &["'-3'", "from 1"]);
    refused("--max-output lots -- ./s.sh", &["'lots'", "10MB"]);
    refused("--max-size -1 -- ./s.sh", &["'-1'", "10MB"]);
    refused("--cache-exit 256 -- ./s.sh", &["'256'", "0-3"]);
}

#[test]
fn options() {
    refused("--tll 1h -- ./s.sh", &["'--tll'", "'--ttl'"]);
    refused("--env A=b -- ./s.sh", &["'A=b'", "--env"]);
    refused("--env A[ -- ./s.sh", &["'A['", "--env"]);
    refused("--refresh --only-if-cached -- ./s.sh", &["--refresh", "--only-if-cached"]);
    refused("--stdin -n -- ./s.sh", &["--stdin", "--no-stdin"]);
}

#[test]
fn no_command() {
    refused("", &["no command"]);
    refused("--ttl 1h --", &["no command"]);
}

#[test]
fn variables_are_checked_like_options() {
    let sandbox = Sandbox::new();
    sandbox.script("s.sh", "echo hi");
    for verb in ["./s.sh", "list", "config"] {
        let stderr = sandbox.cachex(verb).env("CACHEX_TTL", "banana").tells("", 2);
        assert!(stderr.contains("'banana'"), "{stderr}");
        assert!(stderr.contains("the value is that of the variable CACHEX_TTL\n"), "{stderr}");
    }
    let call = sandbox.cachex("--ttl banana ./s.sh").env("CACHEX_TTL", "banana");
    assert!(!call.tells("", 2).contains("CACHEX_TTL"));
    assert_eq!(sandbox.runs(), 0);
}

#[test]
fn run_options_before_a_verb() {
    refused("--ttl 1h clear", &["--ttl", "`clear`", "-- clear"]);
}
