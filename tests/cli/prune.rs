//! `prune`: removing what is expired or above the size limit.

use super::harness::{Sandbox, Texts};
use std::fs;
use std::time::{Duration, SystemTime};

/// A sandbox with a command that writes 300 kB.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("big.sh", "head -c 300000 /dev/zero");
    sandbox
}

fn size(sandbox: &Sandbox) -> u64 {
    sandbox.store_size()
}

#[test]
fn prune_removes_expired_entries_only() {
    let sandbox = sandbox();
    sandbox.cachex("prune").gives("removed nothing\n");
    sandbox.cachex("--ttl 1min ./big.sh").output();
    sandbox.cachex("echo stays").gives("stays\n");
    let before = size(&sandbox);
    sandbox.age(60);
    sandbox.cachex("prune --dry-run").gives("would remove 1 entry (300.0kB)\n");
    assert_eq!(size(&sandbox), before);
    sandbox.cachex("prune").gives("removed 1 entry (300.0kB)\n");
    assert!(size(&sandbox) + 290_000 <= before, "{} and {before}", size(&sandbox));
    sandbox.cachex("prune").gives("removed nothing\n");
    sandbox.cachex("--only-if-cached echo stays").gives("stays\n");
}

#[test]
fn prune_evicts_the_least_recently_used_until_the_store_fits() {
    let sandbox = sandbox();
    for argument in ["a", "b", "c", "d"] {
        sandbox.cachex(&format!("./big.sh {argument}")).output();
        sandbox.age(1);
    }
    sandbox.cachex("./big.sh a").output();
    sandbox.cachex("prune").gives("removed nothing\n");
    let two = "2 entries (600.0kB)\n";
    sandbox.cachex("prune --dry-run --max-size 800kB").gives(format!("would remove {two}"));
    assert!(size(&sandbox) > 1_200_000);
    sandbox.cachex("prune --max-size 800kB").gives(format!("removed {two}"));
    assert!(size(&sandbox) <= 800_000, "{}", size(&sandbox));
    for (argument, code) in [("a", 0), ("b", 124), ("c", 124), ("d", 0)] {
        let call = sandbox.cachex(&format!("-q --only-if-cached ./big.sh {argument}"));
        assert_eq!(call.output().status.code(), Some(code), "{argument}");
    }
}

#[test]
fn totals_of_commands_without_entries_are_removed_last() {
    let sandbox = sandbox();
    sandbox.cachex("echo small").gives("small\n");
    sandbox.fill_with_idle_commands(9000);
    sandbox.cachex("prune --max-size 300kB").gives("removed 1 entry (6B)\n");
    assert!(size(&sandbox) <= 300_000, "{}", size(&sandbox));
}

#[test]
fn the_size_option_wins_over_the_variable() {
    let sandbox = sandbox();
    sandbox.cachex("./big.sh").output();
    let call = |words: &str| sandbox.cachex(words).env("CACHEX_MAX_SIZE", "100kB");
    call("prune --max-size 1MB").gives("removed nothing\n");
    call("prune --dry-run").gives("would remove 1 entry (300.0kB)\n");
    call("prune").gives("removed 1 entry (300.0kB)\n");
    let stderr = sandbox.cachex("prune --max-size banana").tells("", 2);
    assert!(stderr.contains("'banana'"), "{stderr}");
}

#[test]
fn a_damaged_store_that_was_set_aside_is_kept_for_a_week() {
    let sandbox = sandbox();
    sandbox.cachex("echo x").gives("x\n");
    let old = SystemTime::now() - Duration::from_hours(30 * 24);
    let set = |path: &std::path::Path, at: SystemTime| {
        let file = fs::File::open(path).expect("opened");
        file.set_modified(at).expect("set");
    };
    fs::write(sandbox.database(), "garbage ".repeat(1000)).expect("written");
    set(&sandbox.database(), old);
    sandbox.cachex("echo x").warns("x\n", "the store was damaged");
    let damaged = sandbox.store_dir().join("cachex.db.damaged");
    // The file is old, but it was set aside just now.
    sandbox.cachex("prune").gives("removed nothing\n");
    assert!(damaged.exists());
    set(&damaged, old);
    let path = damaged.display();
    sandbox.cachex("prune --dry-run").gives(format!("would remove {path} (8.0kB)\n"));
    assert!(damaged.exists());
    sandbox.cachex("prune").gives(format!("removed {path} (8.0kB)\n"));
    assert!(!damaged.exists());
}

#[test]
fn uses_left_by_a_killed_process_are_counted_and_removed() {
    let sandbox = sandbox();
    sandbox.cachex("echo x").gives("x\n");
    sandbox.cachex("echo x").gives("x\n");
    let folding = sandbox.store_dir().join("uses.folding");
    fs::rename(sandbox.store_dir().join("uses"), &folding).expect("renamed");
    sandbox.cachex("prune").gives("removed nothing\n");
    assert!(!folding.exists());
    let stats = sandbox.cachex("stats").output().stdout_text();
    assert!(stats.contains("hits      1\n"));
}

#[test]
fn prune_returns_free_pages_to_the_file_system() {
    let sandbox = sandbox();
    sandbox.cachex("./big.sh").output();
    sandbox.cachex("seq 300000").output();
    let database = sandbox.connection();
    database.execute_batch("DELETE FROM entry").expect("deleted");
    drop(database);
    assert!(size(&sandbox) > 2_000_000);
    sandbox.cachex("prune").gives("removed nothing\n");
    let database = sandbox.database().metadata().expect("there").len();
    assert!(database < 100_000, "{database}");
    assert!(sandbox.objects().is_empty());
}
