//! Usage errors exit with 2 and quote the bad value, before anything runs.

use super::harness::Sandbox;

#[track_caller]
fn is_refused(words: &str, parts: &[&str]) {
    let sandbox = Sandbox::with_script("echo hi");
    let stderr = sandbox.cachex(words).tells("", 2);
    for part in parts {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert_eq!(sandbox.runs(), 0);
    assert!(!sandbox.store_dir().exists());
}

#[test]
fn invalid_durations_are_refused() {
    is_refused("--ttl banana -- ./s.sh", &["'banana'", "--ttl", "1h 30min"]);
    is_refused("--ttl -5 -- ./s.sh", &["'-5'", "negative"]);
    is_refused("--ttl=-1h -- ./s.sh", &["'-1h'", "negative"]);
    is_refused("--failure-ttl soon -- ./s.sh", &["'soon'"]);
}

#[test]
fn invalid_numbers_and_sizes_are_refused() {
    is_refused("--max-entries 0 -- ./s.sh", &["'0'", "from 1"]);
    is_refused("--max-entries -3 -- ./s.sh", &["'-3'", "from 1"]);
    is_refused("--max-output lots -- ./s.sh", &["'lots'", "10MB"]);
    is_refused("--max-size -1 -- ./s.sh", &["'-1'", "10MB"]);
    is_refused("--cache-exit 256 -- ./s.sh", &["'256'", "0-3"]);
}

#[test]
fn unknown_invalid_and_conflicting_options_are_refused() {
    is_refused("--tll 1h -- ./s.sh", &["'--tll'", "'--ttl'"]);
    is_refused("--env A=b -- ./s.sh", &["'A=b'", "--env"]);
    is_refused("--env A[ -- ./s.sh", &["'A['", "--env"]);
    is_refused("--refresh --only-if-cached -- ./s.sh", &["--refresh", "--only-if-cached"]);
    is_refused("--stdin -n -- ./s.sh", &["--stdin", "--no-stdin"]);
}

#[test]
fn a_missing_command_is_refused() {
    is_refused("", &["no command"]);
    is_refused("--ttl 1h --", &["no command"]);
}

#[test]
fn invalid_variables_are_refused_and_named() {
    let sandbox = Sandbox::with_script("echo hi");
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
fn run_options_before_a_verb_are_refused() {
    is_refused("--ttl 1h clear", &["--ttl", "`clear`", "-- clear"]);
}

#[test]
fn every_error_is_one_line_that_ends_with_what_to_do() {
    let sandbox = Sandbox::with_script("echo hi");
    for (words, error) in [
        ("--tll 1h -- ./s.sh", "unexpected argument '--tll'; did you mean '--ttl'?"),
        ("--nothing-like-it ./s.sh", "unexpected argument '--nothing-like-it'; see cachex --help"),
        (
            "--pty=now ./s.sh",
            "invalid value 'now' for '--pty[=<WHEN>]': expected one of always, auto, never; see cachex --help",
        ),
        (
            "list cat cat 'a",
            "unexpected argument 'cat'; put -- before a command: cachex list -- cat cat ''\\''a'",
        ),
        (
            "list --json cat a",
            "unexpected argument 'cat'; put -- before a command: cachex list --json -- cat a",
        ),
        (
            "stats git",
            "unexpected argument 'git'; to run a command of that name: cachex -- stats git",
        ),
        ("list --ttl 1h", "unexpected argument '--ttl'; see cachex list --help"),
        (
            "clear ./s.sh",
            "invalid value './s.sh' for '[ID]': not the number of an entry; put -- before a command: cachex clear -- ./s.sh",
        ),
        (
            "show ./s.sh a",
            "unexpected argument 'a'; put -- before a command: cachex show -- ./s.sh a",
        ),
        ("show", "cachex show needs <ID>; see cachex show --help"),
        ("explain --ttl 1h", "cachex explain needs <COMMAND>...; see cachex explain --help"),
        ("init", "cachex init needs <SHELL>; see cachex init --help"),
        ("list 12", "unexpected argument '12'; to show one entry: cachex show 12"),
        ("help lst", "invalid value 'lst' for '[VERB]': no such verb; did you mean 'list'?"),
        ("man docter", "invalid value 'docter' for '[VERB]': no such verb; did you mean 'doctor'?"),
        (
            "man ls",
            "invalid value 'ls' for '[VERB]': no such verb; to run a command of that name: cachex -- man ls",
        ),
    ] {
        sandbox.cachex(words).ends("", format!("cachex: error: {error}\n"), 2);
    }
    sandbox.cachex("prune --max-size").tells("", 2);
    assert_eq!(sandbox.runs(), 0);
}
