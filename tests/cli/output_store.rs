//! Output files in the store: counted, limited, evicted, cleared and examined with the entries that they came with.

use super::harness::{Sandbox, Texts};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::FileExt;

/// A sandbox whose command writes 300 kB of one letter, and a file that is the same for every letter.
fn sandbox() -> Sandbox {
    Sandbox::with_script(
        "mkdir -p dist; head -c 300000 /dev/zero | tr '\\0' $1 > dist/big; echo same > dist/same
         echo $1",
    )
}

#[track_caller]
fn build(sandbox: &Sandbox, options: &str, letter: &str) -> String {
    sandbox
        .cachex(&format!("-v {options} --output dist ./s.sh {letter}"))
        .tells(format!("{letter}\n"), 0)
}

/// Whether the files of this letter come back.
#[track_caller]
fn comes_back(sandbox: &Sandbox, letter: &str) -> bool {
    let _ = fs::remove_dir_all(sandbox.dir.join("dist"));
    let call = format!("--only-if-cached --output dist ./s.sh {letter}");
    let came = sandbox.cachex(&call).output().status.success();
    if came {
        assert_eq!(sandbox.read("dist/big"), letter.repeat(300_000));
        assert_eq!(sandbox.read("dist/same"), "same\n");
    }
    came
}

#[test]
fn files_count_for_max_size_and_the_least_recently_used_go_first() {
    let sandbox = sandbox();
    for letter in ["a", "b"] {
        build(&sandbox, "--max-size 800kB", letter);
        sandbox.age(1);
    }
    assert!(comes_back(&sandbox, "a"));
    build(&sandbox, "--max-size 800kB", "c");
    let left = ["a", "b", "c"].map(|letter| comes_back(&sandbox, letter));
    assert_eq!(left, [true, false, true]);
    assert!(sandbox.store_size() <= 800_000);
    sandbox.objects_are_those_owned();
    assert_eq!(sandbox.objects().len(), 3, "two large files and one that both have");
}

#[test]
fn files_above_max_size_are_not_stored_and_evict_nothing() {
    let sandbox = sandbox();
    build(&sandbox, "", "a");
    let told = build(&sandbox, "--max-size 100kB", "b");
    assert!(told.contains("not stored: the result is larger than --max-size"), "{told}");
    assert_eq!(sandbox.read("dist/big"), "b".repeat(300_000));
    assert!(comes_back(&sandbox, "a"));
    sandbox.objects_are_those_owned();
}

#[test]
fn equal_files_are_stored_once() {
    let sandbox = Sandbox::with_script("for i in 1 2 3 4 5; do cat in > out$i; done");
    sandbox.write("in", "x".repeat(200_000));
    sandbox.cachex("--output out* ./s.sh").gives("");
    sandbox.cachex("--output out* ./s.sh again").gives("");
    assert_eq!(sandbox.objects().len(), 1);
    assert!(sandbox.store_size() < 400_000);
    sandbox.cachex("clear -- ./s.sh again").gives("removed 1 entry (200.0kB)\n");
    sandbox.sh("rm out*").gives("");
    sandbox.cachex("--only-if-cached --output out* ./s.sh").gives("");
    assert_eq!(sandbox.read("out5").len(), 200_000);
    sandbox.cachex("clear").output();
    assert!(sandbox.objects().is_empty());
}

#[test]
fn prune_removes_files_with_their_entries() {
    let sandbox = sandbox();
    for letter in ["a", "b", "c"] {
        build(&sandbox, "", letter);
        sandbox.age(1);
    }
    let before = sandbox.objects();
    sandbox.cachex("prune --dry-run --max-size 800kB").gives("would remove 1 entry (300.0kB)\n");
    assert_eq!(sandbox.objects(), before);
    sandbox.cachex("prune --max-size 800kB").gives("removed 1 entry (300.0kB)\n");
    let left = ["a", "b", "c"].map(|letter| comes_back(&sandbox, letter));
    assert_eq!(left, [false, true, true]);
    sandbox.objects_are_those_owned();
    build(&sandbox, "--ttl 1m", "d");
    sandbox.age(100);
    sandbox.cachex("prune").gives("removed 1 entry (300.0kB)\n");
    assert_eq!(sandbox.objects().len(), 3);
    sandbox.objects_are_those_owned();
}

#[test]
fn clear_removes_the_files_of_what_it_clears() {
    let sandbox = sandbox();
    for letter in ["a", "b"] {
        build(&sandbox, "", letter);
    }
    sandbox.cachex("clear -- ./s.sh a").gives("removed 1 entry (300.0kB)\n");
    assert_eq!(sandbox.objects().len(), 2);
    assert_eq!(sandbox.read("dist/big").len(), 300_000, "what is in the directory stays");
    assert!(!comes_back(&sandbox, "a"));
    assert!(comes_back(&sandbox, "b"));
    sandbox.cachex("clear").gives("removed 1 entry (300.0kB)\n");
    assert!(sandbox.objects().is_empty());
}

#[test]
fn stats_and_list_count_files() {
    let sandbox = sandbox();
    build(&sandbox, "", "a");
    build(&sandbox, "", "a");
    let json = |verb: &str| -> Value {
        serde_json::from_str(&sandbox.cachex(verb).output().stdout_text()).expect("JSON")
    };
    let stats = json("stats --json");
    let size = 300_000 + "same\n".len() + "a\n".len();
    assert_eq!(stats["output_bytes"], size);
    assert_eq!(stats["commands"][0]["output_bytes"], size);
    assert_eq!(stats["disk_bytes"], sandbox.store_size());
    assert_eq!((&stats["hits"], &stats["misses"]), (&1.into(), &1.into()));
    assert!(sandbox.cachex("list").output().stdout_text().contains("300.0kB"));
}

#[test]
fn doctor_finds_damaged_and_missing_files() {
    let sandbox = sandbox();
    build(&sandbox, "", "a");
    let entries = || {
        let told = sandbox.cachex("doctor").output().stdout_text();
        let line = told.lines().find(|line| line.contains(" entries ")).expect("a line");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(entries(), "ok entries 1, all intact");
    let is_large = |path: &&std::path::PathBuf| fs::metadata(path).expect("there").len() > 1000;
    let objects = sandbox.objects();
    let large = objects.iter().find(is_large).expect("one");
    let file = fs::OpenOptions::new().write(true).open(large).expect("opened");
    file.write_all_at(b"x", 150_000).expect("damaged");
    assert!(entries().starts_with("problem entries 1 of 1 are damaged"), "{}", entries());
    assert!(!comes_back(&sandbox, "a"));
    assert!(!sandbox.dir.join("dist").exists(), "nothing is half restored");
    build(&sandbox, "", "a");
    assert_eq!(entries(), "ok entries 1, all intact");
    fs::remove_file(large).expect("removed");
    assert!(entries().starts_with("problem entries 1 of 1 are damaged"), "{}", entries());
    fs::remove_file(sandbox.dir.join("dist/big")).expect("removed");
    assert!(build(&sandbox, "", "a").contains("miss: the stored entry is damaged"));
    assert!(comes_back(&sandbox, "a"));
    assert_eq!(sandbox.runs(), 3);
}

/// A hit reads the manifest of an entry. Any damage of it is a miss that heals.
#[test]
fn a_damaged_manifest_is_a_miss_that_heals() {
    let sandbox = sandbox();
    build(&sandbox, "", "a");
    for damage in
        ["NULL", "x''", "zeroblob(200)", "outputs || x'00'", "substr(outputs, 2)", "'x'", "7"]
    {
        let runs = sandbox.runs();
        sandbox.sql(&format!("UPDATE entry SET outputs = CAST({damage} AS BLOB)"));
        if damage == "7" {
            sandbox.sql("UPDATE entry SET outputs = 7");
        }
        assert!(!comes_back(&sandbox, "a"), "{damage}");
        build(&sandbox, "", "a");
        assert_eq!(sandbox.runs(), runs + 1, "{damage}");
        assert!(comes_back(&sandbox, "a"), "{damage}");
    }
    sandbox.objects_are_those_owned();
}
