//! Freshness: ttl, failure ttl, refresh, only-if-cached, no-store.

use super::harness::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi; exit ${1-0}")
}

#[test]
fn an_entry_is_fresh_below_the_ttl_of_the_call_that_asks() {
    let sandbox = sandbox();
    sandbox.cachex("--ttl 10s ./s.sh").gives("hi\n");
    sandbox.age(60);
    sandbox.cachex("--ttl 2m ./s.sh").gives("hi\n");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1, "an age of a minute is fresh for both");
    sandbox.cachex("--ttl 59 ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 2, "but not below a ttl of 59 seconds");
    sandbox.cachex("--ttl 59 ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_hit_does_not_extend_the_ttl() {
    let sandbox = sandbox();
    sandbox.cachex("--ttl 1m ./s.sh").gives("hi\n");
    for _ in 0..3 {
        sandbox.age(20);
        sandbox.cachex("--ttl 1m -v ./s.sh").tells("hi\n", 0);
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn without_a_ttl_entries_never_expire() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.age(3600 * 24 * 365 * 30);
    sandbox.cachex("--ttl none ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_ttl_of_zero_runs_and_replaces() {
    let sandbox = sandbox();
    for runs in 1..=3 {
        sandbox.cachex("--ttl 0 ./s.sh").gives("hi\n");
        assert_eq!(sandbox.runs(), runs);
    }
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
}

#[test]
fn an_entry_from_the_future_is_expired() {
    let sandbox = sandbox();
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.age(-3600);
    let stderr = sandbox.cachex("-v ./s.sh").tells("hi\n", 0);
    assert!(stderr.contains("miss: stored in the future"), "{stderr}");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn failures_expire_after_a_minute() {
    let sandbox = sandbox();
    let fail = |options: &str| {
        sandbox.cachex(&format!("{options} ./s.sh 3")).ends("hi\n", "", 3);
    };
    fail("");
    sandbox.age(40);
    fail("");
    assert_eq!(sandbox.runs(), 1);
    sandbox.age(20);
    fail("");
    assert_eq!(sandbox.runs(), 2);
    sandbox.age(30);
    fail("--failure-ttl 10s");
    assert_eq!(sandbox.runs(), 3);
    sandbox.age(30);
    fail("--ttl 20s");
    assert_eq!(sandbox.runs(), 4, "never longer than the ttl");
    sandbox.age(3600);
    fail("--cache-exit 0,3");
    assert_eq!(sandbox.runs(), 4, "for this call exit code 3 is a success");
}

#[test]
fn discard_failures_stores_no_failure() {
    let sandbox = sandbox();
    for option in ["--discard-failures", "--failure-ttl 0"] {
        for _ in 0..2 {
            sandbox.cachex(&format!("{option} ./s.sh 3")).ends("hi\n", "", 3);
        }
    }
    assert_eq!(sandbox.runs(), 4);
    assert!(sandbox.entries().is_empty());
}

#[test]
fn refresh_runs_and_replaces() {
    let sandbox = sandbox();
    for option in ["", "--refresh", "--force"] {
        sandbox.cachex(&format!("{option} ./s.sh")).gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 3);
    sandbox.cachex("./s.sh").env("CACHEX_REFRESH", "0").gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
    assert_eq!(sandbox.entries().len(), 1);
}

#[test]
fn only_if_cached_never_runs() {
    let sandbox = sandbox();
    let expected = "cachex: error: not cached: nothing stored for this call\n";
    sandbox.cachex("--only-if-cached ./s.sh").ends("", expected, 124);
    assert_eq!(sandbox.runs(), 0);
    assert!(!sandbox.store_dir().join("claims").exists(), "nobody has to wait for it");
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("--only-if-cached ./s.sh").gives("hi\n");
    sandbox.age(600);
    let stderr = sandbox.cachex("--only-if-cached --ttl 5m ./s.sh").tells("", 124);
    assert!(stderr.contains("not cached: expired 5m ago"), "{stderr}");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_call_that_runs_nothing_says_so_when_nothing_can_be_cached() {
    let sandbox = sandbox();
    sandbox.sh("mkfifo fifo").gives("");
    let fault = "cannot compute the key: fifo: it is not a regular file";
    let missed = format!("cachex: error: not cached: {fault}\n");
    sandbox.cachex("--only-if-cached --file fifo ./s.sh").ends("", missed, 124);
    let cold = format!("cachex: warning: {fault}; nothing is warmed\n");
    sandbox.cachex("--warm --file fifo ./s.sh").ends("", cold, 0);
    assert_eq!(sandbox.runs(), 0);
}

#[test]
fn only_if_cached_does_not_run_with_the_cache_off_either() {
    let sandbox = Sandbox::with_script("echo hi");
    let expected = "cachex: error: not cached: cachex is switched off\n";
    sandbox.cachex("--only-if-cached --no-cache ./s.sh").ends("", expected, 124);
    let off = sandbox.cachex("--only-if-cached ./s.sh").env("CACHEX_NO_CACHE", "1");
    off.ends("", expected, 124);
    sandbox.project_config("no-cache = true");
    sandbox.cachex("--only-if-cached ./s.sh").ends("", expected, 124);
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn no_store_replays_and_stores_nothing() {
    let sandbox = sandbox();
    for _ in 0..2 {
        sandbox.cachex("--no-store ./s.sh").gives("hi\n");
    }
    assert_eq!(sandbox.runs(), 2);
    sandbox.cachex("./s.sh").gives("hi\n");
    sandbox.cachex("--no-store ./s.sh").gives("hi\n");
    assert_eq!(sandbox.runs(), 3);
}
