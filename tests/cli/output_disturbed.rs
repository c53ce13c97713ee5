//! Restores of output files that are disturbed: a full disk, a read-only directory, kill -9, other callers. Every file
//! in the directory is complete at any moment, nothing half restored stays, and the next call is right.

use super::harness::{Random, Sandbox, Texts, am_root, say, set_mode};
use super::no_room::SmallDisk;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

const NOBODY: u32 = 65_534;

/// The files that `many` writes.
const FILES: usize = 60;

/// The length of each of them.
const LENGTH: usize = 3_000;

/// A sandbox whose command writes many files of one letter, in three directories, and a link.
fn many() -> Sandbox {
    Sandbox::with_script(
        "mkdir -p out/x out/y/z
         head -c 3000 /dev/zero | tr '\\0' $1 > out/0
         for i in $(seq 1 19); do cp out/0 out/$i; cp out/0 out/x/$i; cp out/0 out/y/z/$i; done
         cp out/0 out/x/0; cp out/0 out/y/z/0; ln -sf $1 out/link; echo $1",
    )
}

/// The letters of the files below a directory: each has to be of one letter.
#[track_caller]
fn letters(directory: &Path) -> Vec<u8> {
    let mut letters = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.expect("listed").path();
            let is_staging = path.to_string_lossy().contains("/.cachex-restore-");
            if path.is_dir() && !is_staging {
                directories.push(path);
            } else if path.is_file() {
                let content = fs::read(&path).expect("read");
                assert_eq!(content.len(), LENGTH, "{} is torn", path.display());
                assert!(
                    content.iter().all(|byte| *byte == content[0]),
                    "{} is torn",
                    path.display()
                );
                letters.push(content[0]);
            }
        }
    }
    letters
}

/// The files that restores have left in their working area.
fn left_over(sandbox: &Sandbox) -> Vec<String> {
    let listed = ["", "out"].map(|name| fs::read_dir(sandbox.dir.join(name)));
    let names = listed.into_iter().flatten().flatten().filter_map(Result::ok);
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".cachex")).collect()
}

#[track_caller]
fn is_of(sandbox: &Sandbox, letter: &str) {
    assert_eq!(letters(&sandbox.dir.join("out")), letter.repeat(FILES).as_bytes());
    assert_eq!(fs::read_link(sandbox.dir.join("out/link")).expect("a link").to_str(), Some(letter));
    assert_eq!(left_over(sandbox), [""; 0]);
}

fn start(sandbox: &Sandbox, letter: &str) -> Child {
    let mut call = sandbox.cachex(&format!("--output out ./s.sh {letter}"));
    call.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    call.command.spawn().expect("started")
}

#[test]
fn a_killed_restore_tears_nothing_and_leaves_nothing() {
    let sandbox = many();
    let call = |letter: &str| sandbox.cachex(&format!("--output out ./s.sh {letter}"));
    for letter in ["a", "b"] {
        call(letter).gives(format!("{letter}\n"));
    }
    let mut random = Random::new();
    let (mut died, mut in_the_middle) = (0, 0);
    for round in 0..40 {
        let letter = if round % 2 == 0 { "b" } else { "a" };
        if round % 5 == 0 {
            fs::remove_dir_all(sandbox.dir.join("out")).expect("removed");
        }
        let mut restore = start(&sandbox, letter);
        let is_over = |restore: &mut Child| restore.try_wait().expect("known").is_some();
        while left_over(&sandbox).is_empty() && !is_over(&mut restore) {}
        let moment = random.below(10_000);
        thread::sleep(Duration::from_micros(moment.try_into().expect("short")));
        restore.kill().expect("killed");
        died += usize::from(restore.wait().expect("ended").code().is_none());
        in_the_middle += usize::from(!left_over(&sandbox).is_empty());
        let found = letters(&sandbox.dir.join("out"));
        assert!(found.is_empty() || found.len() == FILES, "{}", found.len());
        call(letter).gives(format!("{letter}\n"));
        is_of(&sandbox, letter);
    }
    assert_eq!(sandbox.runs(), 2);
    assert!(died >= 10 && in_the_middle >= 5, "{died} died, {in_the_middle} in the middle");
}

/// Kills a restore at each system call that makes, moves or removes something.
#[test]
#[cfg(target_os = "linux")]
fn a_restore_that_is_killed_at_any_step_is_cleaned_up() {
    if !super::system_calls::can_trace() {
        return;
    }
    let sandbox = Sandbox::with_script(
        "mkdir -p out/x; for n in 1 2 3; do echo $1 > out/$n; done; echo $1 > out/x/4; ln -sf $1 out/l; echo $1 > top",
    );
    let words = |letter: &str| format!("--output out --output top ./s.sh {letter}");
    for letter in ["a", "b"] {
        sandbox.cachex(&words(letter)).gives("");
    }
    let mut died = 0;
    for (step, before) in [
        ("/^mkdir", "rm -r out"),
        ("/^symlink", "rm out/l"),
        ("/^rename", ":"),
        ("/^rename", "rm -r out top"),
        ("/^unlink", ":"),
        ("/^unlink", "rm -r out top"),
        ("/^p?write", ":"),
    ] {
        for time in 1..=20 {
            say(format_args!("{before}; {step} {time}"));
            sandbox.cachex(&words("a")).gives("");
            sandbox.sh(before).gives("");
            let inject = format!("inject={step}:signal=KILL:when={time}");
            let call = words("b");
            let strace = ["-f", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_cachex")];
            let strace = strace.into_iter().chain(call.split(' ')).collect::<Vec<_>>();
            let ended = sandbox.program("strace", &strace).output();
            died += usize::from(ended.status.code().is_none());
            let found = sandbox.sh("cat out/[123] out/x/4 top 2> /dev/null").output().stdout_text();
            assert!(found.lines().all(|line| line == "a" || line == "b"), "{found}");
            assert!(before != ":" || found.lines().count() == 5, "one is missing: {found}");
            sandbox.cachex(&words("b")).gives("");
            sandbox.sh("cat out/[123] out/x/4 top").gives("b\n".repeat(5));
            assert_eq!(left_over(&sandbox), [""; 0]);
            if ended.status.success() {
                break;
            }
        }
    }
    assert_eq!(sandbox.runs(), 2);
    assert!(died >= 20, "{died}");
}

#[test]
fn callers_in_one_directory_leave_what_one_of_them_restored() {
    let sandbox = many();
    let call = |letter: &str| sandbox.cachex(&format!("--output out ./s.sh {letter}"));
    for letter in ["a", "b"] {
        call(letter).gives(format!("{letter}\n"));
    }
    for round in 0..8 {
        if round % 3 == 0 {
            fs::remove_dir_all(sandbox.dir.join("out")).expect("removed");
        }
        // All callers restore the same content.
        let callers: Vec<_> = (0..4).map(|_| start(&sandbox, "b")).collect();
        for mut caller in callers {
            assert!(caller.wait().expect("ended").success());
        }
        is_of(&sandbox, "b");
        // Each caller restores other content.
        let callers: Vec<_> =
            ["a", "b", "a"].iter().map(|letter| start(&sandbox, letter)).collect();
        for mut caller in callers {
            assert!(caller.wait().expect("ended").success());
        }
        assert_eq!(letters(&sandbox.dir.join("out")).len(), FILES);
        assert_eq!(left_over(&sandbox), [""; 0]);
        call("a").gives("a\n");
        is_of(&sandbox, "a");
    }
}

#[test]
fn callers_in_two_directories_do_not_meet() {
    let sandbox = Sandbox::new();
    let script = sandbox.script("s.sh", "head -c 20000 /dev/zero | tr '\\0' $1 > out; echo $1");
    for name in ["one", "two"] {
        fs::create_dir(sandbox.dir.join(name)).expect("made");
    }
    let call = |directory: &str, letter: &str| {
        let call = format!("--ignore-cwd --output out {} {letter}", script.display());
        sandbox.cachex(&call).in_dir(&sandbox.dir.join(directory))
    };
    for letter in ["a", "b"] {
        call("one", letter).gives(format!("{letter}\n"));
    }
    for (first, second) in [("a", "b"), ("b", "a")].repeat(5) {
        let running =
            [("one", first), ("two", second)].map(|(at, letter)| call(at, letter).spawn());
        for mut call in running {
            assert!(call.wait().expect("ended").success());
        }
        let content = |name: &str| fs::read(sandbox.dir.join(name).join("out")).expect("there");
        assert_eq!(
            (content("one")[0], content("two")[0]),
            (first.as_bytes()[0], second.as_bytes()[0])
        );
    }
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn on_a_full_disk_nothing_is_half_restored_and_the_command_runs() {
    // Small when it runs without room, as a command that needs none.
    let sandbox = Sandbox::with_script(
        "if test -e ../full; then echo small; exit; fi
         mkdir -p out; cat ../work/big > out/large; echo s > out/small; echo built",
    );
    sandbox.write("big", "x".repeat(500_000));
    let Some(disk) = SmallDisk::of_size(&sandbox, "1m") else { return };
    let script = sandbox.dir.join("s.sh").display().to_string();
    let call = |options: &str| {
        let call = format!("cd ../store && cachex --cache-dir ../cache {options} {script}");
        disk.sh(&call)
    };
    call("--output out").gives("built\n");
    disk.sh("cd ../store; echo old > out/large; echo old > out/small").gives("");
    disk.fill();
    fs::write(sandbox.dir.parent().expect("a parent").join("full"), "").expect("written");
    let seen = call("--only-if-cached --output out").output();
    assert_eq!((seen.status.code(), seen.stdout_text().as_str()), (Some(124), ""));
    let told = seen.stderr_text();
    let expected = "cannot bring back files: out/large cannot be written: No space left on device";
    assert!(told.contains(expected) && told.matches("warning").count() == 1, "{told}");
    let seen = call("--output out").output();
    assert_eq!((seen.status.code(), seen.stdout_text().as_str()), (Some(0), "small\n"));
    assert_eq!(seen.stderr_text().matches("warning").count(), 1, "{}", seen.stderr_text());
    assert!(seen.stderr_text().contains(expected), "{}", seen.stderr_text());
    disk.sh("cd ../store; cat out/large out/small; ls -A . out")
        .gives("old\nold\n.:\nfiller\nout\n\nout:\nlarge\nsmall\n");
    disk.sh("rm ../store/filler").gives("");
    call("--only-if-cached --output out").gives("built\n");
    disk.sh("cd ../store; wc -c < out/large; ls -A out").gives("500000\nlarge\nsmall\n");
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn in_a_read_only_file_system_the_command_runs() {
    let sandbox = Sandbox::with_script("echo new 2> /dev/null > out; echo built");
    let Some(disk) = SmallDisk::of_size(&sandbox, "1m") else { return };
    let script = sandbox.dir.join("s.sh").display().to_string();
    let call = |verb: &str| {
        let call =
            format!("cd ../store && cachex {verb} --cache-dir ../cache --output out {script}");
        disk.sh(&call)
    };
    call("").gives("built\n");
    call("").gives("built\n");
    disk.sh("cd ../store; echo old > out; cd ..; mount -o remount,ro store").gives("");
    let seen = call("").output();
    let told = seen.stderr_text();
    assert_eq!((seen.status.code(), seen.stdout_text().as_str()), (Some(0), "built\n"), "{told}");
    let expected = "cannot be written: Read-only file system";
    assert!(told.contains(expected) && told.matches("warning").count() == 1, "{told}");
    assert!(call("explain").output().stdout_text().contains(expected));
    disk.sh("cat ../store/out").gives("old\n");
    // Equal files need no writing.
    disk.sh("cd ..; mount -o remount,rw store; echo new > store/out; mount -o remount,ro store")
        .gives("");
    let runs = sandbox.runs();
    call("").gives("built\n");
    assert_eq!(sandbox.runs(), runs);
}

#[test]
fn in_a_directory_that_may_not_be_written_the_command_runs() {
    let sandbox = Sandbox::new();
    sandbox
        .program("sh", &["-c", "cat > s.sh; chmod 755 s.sh; mkdir store"])
        .stdin("#!/bin/sh\nmkdir -p out 2> /dev/null; echo new 2> /dev/null > out/x; echo built\n")
        .gives("");
    if am_root() {
        chown(sandbox.dir.join("store"), Some(NOBODY), Some(NOBODY)).expect("given");
    }
    let call = || {
        let words = "--output out ./s.sh";
        let call = if am_root() { sandbox.by(NOBODY, words) } else { sandbox.cachex(words) };
        call.env("CACHEX_CACHE_DIR", &sandbox.dir.join("store").display().to_string())
    };
    call().gives("built\n");
    fs::remove_file(sandbox.dir.join("out/x")).expect("removed");
    set_mode(sandbox.dir.join("out"), 0o555);
    let seen = call().output();
    assert_eq!((seen.status.code(), seen.stdout_text().as_str()), (Some(0), "built\n"));
    let told = seen.stderr_text();
    assert!(told.contains("out cannot be written: Permission denied"), "{told}");
    assert_eq!(told.matches("warning").count(), 1, "{told}");
    assert_eq!(fs::read_dir(sandbox.dir.join("out")).expect("listed").count(), 0);
    set_mode(sandbox.dir.join("out"), 0o755);
    call().gives("built\n");
    assert_eq!(sandbox.read("out/x"), "new\n");
}
