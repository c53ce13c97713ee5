//! Four traps that shared caches fall into, with each real store between two machines.

use cachex_engines::machine::Machine;
use cachex_engines::nginx::Nginx;
use cachex_engines::redis::Redis;
use cachex_engines::s3::S3;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// What is made with each store: its address, and the directory of all that it keeps.
fn with_each(test: impl Fn(&str, &Path)) {
    let nginx = Nginx::start("");
    test(&nginx.url(""), &nginx.directory.path().join("objects"));
    let s3 = S3::start(env!("CARGO_BIN_EXE_s3-server"));
    test(&s3.url(), &s3.directory.path().join("bucket"));
    let redis = Redis::start(&["--appendonly", "yes", "--aof-use-rdb-preamble", "no"]);
    test(&redis.url(), redis.directory.path());
}

fn machine(url: &str, data: &str) -> Machine {
    let machine = Machine::new(env!("CARGO_BIN_EXE_cachex"), url);
    machine.write("s.sh", ". ./lib.sh\n");
    machine.write("lib.sh", "echo ran >> $HOME/runs; cat data > out; cat out");
    machine.write("data", data);
    machine
}

fn call(machine: &Machine, words: &[&str]) -> String {
    let output = machine.call(&[words, &["sh", "s.sh"]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_file_that_was_not_named_is_seen_by_a_traced_run() {
    with_each(|url, _| {
        let (one, other) = (machine(url, "branch 1"), machine(url, "branch 2"));
        assert_eq!(call(&one, &["--trace"]), "branch 1");
        one.call(&["remote", "flush", "--timeout", "60s"]);
        assert_eq!(call(&other, &["--trace"]), "branch 2", "{url}");
        other.write("data", "branch 1");
        other.write("lib.sh", "echo another lib");
        assert_eq!(call(&other, &["--trace"]), "another lib\n", "{url}");
    });
}

#[test]
fn a_clearing_does_not_bring_the_old_result_back() {
    with_each(|url, _| {
        let one = machine(url, "old");
        assert_eq!(call(&one, &[]), "old");
        one.wait_until_pushed();
        one.write("data", "new");
        assert!(one.call(&["clear", "--", "sh", "s.sh"]).status.success());
        assert_eq!(call(&one, &[]), "new", "{url}");
        one.wait_until_pushed();
        let other = machine(url, "other");
        assert_eq!((call(&other, &[]), other.runs().len()), ("new".to_owned(), 0), "{url}");
    });
}

#[test]
fn an_expired_result_does_not_block_its_renewal() {
    with_each(|url, _| {
        let one = machine(url, "old");
        assert_eq!(call(&one, &[]), "old");
        one.wait_until_pushed();
        let other = machine(url, "new");
        let hang = Instant::now() + Duration::from_secs(60);
        // It may be a second old between the answer of the store and the decision of the call, too.
        while call(&other, &["--ttl", "1s"]) == "old" {
            assert!(Instant::now() < hang, "{url}");
            other.call(&["clear", "--older-than", "0s"]);
            thread::sleep(Duration::from_millis(100));
        }
        other.wait_until_pushed();
        let third = machine(url, "third");
        assert_eq!((call(&third, &[]), third.runs().len()), ("new".to_owned(), 0), "{url}");
    });
}

#[test]
fn nothing_can_be_read_in_the_store() {
    with_each(|url, directory| {
        let one = machine(url, "a secret of the team, which is long enough to be found");
        call(&one, &["--output=out"]);
        one.wait_until_pushed();
        let files = files(directory);
        let bytes: usize = files.iter().map(|file| search(file)).sum();
        assert!(bytes > 100, "{url}: the result is in {files:?}");
    });
}

/// Looks for what nobody may read in a file, and says how long it is.
fn search(file: &Path) -> usize {
    let bytes = fs::read(file).expect("read");
    for secret in ["secret of", "s.sh", "data", "lib.sh"] {
        let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_there, "{secret} in {}", file.display());
        assert!(!file.to_string_lossy().contains(secret), "{}", file.display());
    }
    bytes.len()
}

/// Each file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("listed").map(|it| it.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
