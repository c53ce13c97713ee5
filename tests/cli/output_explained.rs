//! `explain` of a call whose entry has output files: it says what the call would do with them, and changes nothing.

use super::harness::{Call, Sandbox, Texts, am_root, set_mode};
use super::no_room::SmallDisk;
use std::fs;
use std::os::unix::fs::{chown, symlink};

const NOBODY: u32 = 65_534;

const OPTIONS: &str = "--output dist --output out.txt";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script(
        "mkdir -p dist; echo a > dist/a; echo b > dist/b; ln -sf a dist/link; echo o > out.txt",
    );
    sandbox.cachex(&format!("{OPTIONS} ./s.sh")).gives("");
    sandbox
}

fn explained(sandbox: &Sandbox) -> String {
    sandbox.cachex(&format!("explain {OPTIONS} -- ./s.sh")).output().stdout_text()
}

#[track_caller]
fn expect(sandbox: &Sandbox, first: &str, then: &str) {
    let told = explained(sandbox);
    let lines: Vec<_> = told.lines().take(2).collect();
    assert!(lines[0].starts_with(first) && lines[1].ends_with(then), "{told}");
}

#[test]
fn outputs_that_are_there_already_are_counted_apart() {
    let sandbox = sandbox();
    expect(&sandbox, "hit: ", "the entry is replayed; its 5 outputs are there already");
    fs::remove_file(sandbox.dir.join("dist/a")).expect("removed");
    sandbox.write("out.txt", "edited");
    let short = "3 files, 1 link, 1 directory";
    let some = format!("brings back {short}, of which 3 are there already");
    expect(&sandbox, "hit: ", &some);
    sandbox.sh("rm -r dist out.txt").gives("");
    expect(&sandbox, "hit: ", &format!("the entry is replayed; brings back {short}"));
    assert!(!sandbox.dir.join("dist").exists());
    assert!(!sandbox.dir.join("out.txt").exists());
}

#[test]
fn a_result_without_outputs_is_not_taken_for_a_damaged_one() {
    let sandbox = Sandbox::with_script("exit 2");
    sandbox.cachex("--output o ./s.sh").ends("", "", 2);
    let missed = "cachex: error: not cached: stored as a failure, without its output files\n";
    sandbox.cachex("--cache-exit 2 --output o --only-if-cached ./s.sh").ends("", missed, 124);
    if cfg!(target_os = "linux") {
        sandbox.cachex("--trace --outputs -- true").gives("");
        let told = sandbox.cachex("explain --trace --outputs -- true").output().stdout_text();
        assert!(told.contains("the entry is replayed; it has no output files\n"), "{told}");
    }
}

#[test]
fn what_stands_in_the_way_is_named() {
    let sandbox = sandbox();
    fs::remove_file(sandbox.dir.join("out.txt")).expect("removed");
    fs::create_dir(sandbox.dir.join("out.txt")).expect("made");
    let reason = "miss: its files cannot be brought back: out.txt is a directory";
    expect(&sandbox, reason, "the command runs, and its result is stored");
    sandbox.sh("rmdir out.txt; rm -r dist").gives("");
    symlink("elsewhere", sandbox.dir.join("dist")).expect("linked");
    expect(&sandbox, "miss: its files cannot be brought back: dist is a link", "is stored");
    let seen = sandbox.cachex(&format!("--only-if-cached {OPTIONS} ./s.sh")).output();
    assert_eq!(seen.status.code(), Some(124));
    assert!(seen.stderr_text().contains("brought back: dist is a link"), "{}", seen.stderr_text());
}

/// A sandbox with a script, for [`unprivileged`].
fn unprivileged_sandbox(body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .program("sh", &["-c", "cat > s.sh; chmod 755 s.sh; mkdir store"])
        .stdin(format!("#!/bin/sh\n{body}\n"))
        .gives("");
    if am_root() {
        chown(sandbox.dir.join("store"), Some(NOBODY), Some(NOBODY)).expect("given");
    }
    sandbox
}

/// A call by another user than root, since root may write everywhere.
fn unprivileged(sandbox: &Sandbox, words: &str) -> Call {
    let call = if am_root() { sandbox.by(NOBODY, words) } else { sandbox.cachex(words) };
    call.env("CACHEX_CACHE_DIR", &sandbox.dir.join("store").display().to_string())
}

#[test]
fn what_can_be_written_comes_back_though_the_directory_above_cannot() {
    let sandbox =
        unprivileged_sandbox("mkdir -p dist/sub; echo a > dist/sub/a; chmod 555 dist; echo ran");
    let call = |words: &str| unprivileged(&sandbox, words);
    call("--output dist ./s.sh").gives("ran\n");
    fs::remove_file(sandbox.dir.join("dist/sub/a")).expect("removed");
    let told = call("explain --output dist -- ./s.sh").output().stdout_text();
    assert!(told.starts_with("hit: "), "{told}");
    call("--only-if-cached --output dist ./s.sh").gives("ran\n");
    assert_eq!(sandbox.read("dist/sub/a"), "a\n");
    assert_eq!(fs::read_dir(sandbox.dir.join("dist/sub")).expect("listed").count(), 1);
    set_mode(sandbox.dir.join("dist"), 0o755);
}

#[test]
fn a_mount_in_a_read_only_file_system_is_written() {
    let sandbox = Sandbox::with_script("mkdir -p out/cache; echo x > out/cache/x; echo built");
    let Some(disk) = SmallDisk::of_size(&sandbox, "1m") else { return };
    let script = sandbox.dir.join("s.sh").display().to_string();
    let call = |options: &str| {
        disk.sh(&format!(
            "cd ../store && cachex {options} --cache-dir ../cache --output out {script}"
        ))
    };
    disk.sh("cd ../store && mkdir -p out/cache && mount -t tmpfs none out/cache").gives("");
    call("").gives("built\n");
    disk.sh("cd .. && mount -o remount,ro store && rm store/out/cache/x").gives("");
    let told = call("explain").output().stdout_text();
    assert!(told.starts_with("hit: "), "{told}");
    call("--only-if-cached").gives("built\n");
    disk.sh("cd ../store && cat out/cache/x && ls -A out/cache").gives("x\nx\n");
}

#[test]
fn a_directory_that_may_not_be_written_is_named() {
    let sandbox = unprivileged_sandbox("mkdir -p dist; echo a > dist/a; echo o > out.txt");
    let call = |words: &str| unprivileged(&sandbox, words);
    call(&format!("{OPTIONS} ./s.sh")).gives("");
    fs::remove_file(sandbox.dir.join("dist/a")).expect("removed");
    set_mode(sandbox.dir.join("dist"), 0o555);
    let told = call(&format!("explain {OPTIONS} -- ./s.sh")).output().stdout_text();
    let reason =
        "miss: its files cannot be brought back: dist cannot be written: Permission denied";
    assert!(told.starts_with(reason), "{told}");
    let seen = call(&format!("--only-if-cached {OPTIONS} ./s.sh")).output();
    assert!(seen.stderr_text().contains(&reason["miss: ".len()..]), "{}", seen.stderr_text());
    set_mode(sandbox.dir.join("dist"), 0o755);
}

#[test]
fn a_damaged_object_is_reported_if_it_is_needed() {
    let sandbox = sandbox();
    for object in sandbox.objects() {
        let length = fs::metadata(&object).expect("there").len();
        fs::write(object, vec![b'x'; usize::try_from(length).expect("short")]).expect("written");
    }
    expect(&sandbox, "hit: ", "its 5 outputs are there already");
    fs::remove_file(sandbox.dir.join("dist/a")).expect("removed");
    expect(
        &sandbox,
        "miss: the stored entry is damaged",
        "the command runs, and its result is stored",
    );
    for object in sandbox.objects() {
        fs::remove_file(object).expect("removed");
    }
    expect(
        &sandbox,
        "miss: the stored entry is damaged",
        "the command runs, and its result is stored",
    );
    assert_eq!(sandbox.runs(), 1);
    sandbox.cachex(&format!("{OPTIONS} ./s.sh")).gives("");
    fs::remove_file(sandbox.dir.join("dist/a")).expect("removed");
    expect(&sandbox, "hit: ", "of which 4 are there already");
}

#[test]
fn a_fallback_whose_files_cannot_come_back_is_not_promised() {
    let sandbox = Sandbox::with_script("echo x > out");
    let options = "--ttl 1ms --stale-if-error 1h --output out";
    sandbox.cachex(&format!("{options} ./s.sh")).gives("");
    sandbox.sh("sleep 0.01").gives("");
    let explained =
        || sandbox.cachex(&format!("explain {options} -- ./s.sh")).output().stdout_text();
    assert!(explained().contains("if it fails, entry 1 is replayed"));
    sandbox.sh("rm out; mkdir out").gives("");
    assert!(!explained().contains("if it fails"), "{}", explained());
}
