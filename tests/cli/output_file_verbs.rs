//! Output files in the answers of the verbs, and in other ways to be served than a plain hit.

use super::harness::{Sandbox, Texts};
use super::single_flight::{end, wait_for_start, wait_until_waiting};
use super::stale_while_revalidate::wait_for_ends;
use serde_json::{Value, json};
use std::fs;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_script(
        "mkdir -p dist; printf 'a\\0b' > dist/a; echo run > dist/run; chmod 755 dist/run
         ln -sf a dist/link; echo built",
    );
    sandbox.cachex("--output dist ./s.sh").gives("built\n");
    sandbox
}

#[test]
fn show_lists_the_files_of_an_entry() {
    let sandbox = sandbox();
    let shown = sandbox.cachex("show 1").output().stdout_text();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = shown.lines().map(words).collect();
    for expected in [
        "outputs 2 files, 1 link, 1 directory",
        "directory dist",
        "file 3B dist/a",
        "link dist/link -> a",
        "file 4B dist/run",
    ] {
        assert!(lines.iter().any(|line| line == expected), "no {expected:?} in {shown}");
    }
    let shown: Value =
        serde_json::from_str(&sandbox.cachex("show --json 1").output().stdout_text())
            .expect("JSON");
    let entry = |path: &str,
                 kind: &str,
                 size: Option<u64>,
                 executable: bool,
                 target: Option<&str>| {
        json!({
            "path": path, "kind": kind, "size": size, "executable": executable, "target": target,
        })
    };
    let expected = json!([
        entry("dist", "directory", None, false, None),
        entry("dist/a", "file", Some(3), false, None),
        entry("dist/link", "link", None, false, Some("a")),
        entry("dist/run", "file", Some(4), true, None),
    ]);
    assert_eq!(shown["outputs"], expected);
}

#[test]
fn an_entry_without_files_has_an_empty_list() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("./s.sh").gives("hi\n");
    let shown: Value =
        serde_json::from_str(&sandbox.cachex("show --json 1").output().stdout_text())
            .expect("JSON");
    assert_eq!(shown["outputs"], json!([]));
    assert!(!sandbox.cachex("show 1").output().stdout_text().contains("outputs"));
    let seen = sandbox.cachex("show --output x 1").output();
    assert_eq!(seen.status.code(), Some(125));
    assert!(seen.stderr_text().contains("x is no output of this entry; it has none"));
}

#[test]
fn a_damaged_list_of_files_is_not_taken_for_an_empty_one() {
    let sandbox = sandbox();
    sandbox.sql("UPDATE entry SET outputs = zeroblob(length(outputs))");
    let damaged = "the entry is damaged";
    assert!(sandbox.cachex("show 1").output().stdout_text().contains(damaged));
    let shown: Value =
        serde_json::from_str(&sandbox.cachex("show --json 1").output().stdout_text())
            .expect("JSON");
    assert_eq!(shown["outputs"], json!(null));
    let seen = sandbox.cachex("show --output dist/a 1").output();
    assert_eq!((seen.status.code(), seen.stdout_text().as_str()), (Some(125), ""));
    assert!(seen.stderr_text().contains(damaged), "{}", seen.stderr_text());
}

#[test]
fn show_prints_one_file_as_it_was() {
    let sandbox = sandbox();
    sandbox.write("dist/a", "edited");
    for path in ["dist/a", "./dist/a"] {
        sandbox.cachex(&format!("show --output {path} 1")).gives("a\0b");
        sandbox.cachex(&format!("show --output {path} -- ./s.sh")).gives("a\0b");
    }
    assert_eq!(sandbox.read("dist/a"), "edited");
    for (path, problem) in [
        ("dist/x", "is no output of this entry; it has dist, dist/a, dist/link, dist/run"),
        ("dist", "is a directory"),
        ("dist/link", "is a link to a"),
    ] {
        let seen = sandbox.cachex(&format!("show --output {path} 1")).output();
        assert_eq!((seen.status.code(), &*seen.stdout), (Some(125), &b""[..]));
        assert!(
            seen.stderr_text().contains(&format!("{path} {problem}")),
            "{}",
            seen.stderr_text()
        );
    }
    for object in sandbox.objects() {
        fs::write(object, "dam").expect("written");
    }
    let seen = sandbox.cachex("show --output dist/a 1").output();
    assert_eq!((seen.status.code(), &*seen.stdout), (Some(125), &b""[..]));
    assert!(seen.stderr_text().contains("damaged"));
}

#[test]
fn a_fallback_brings_its_files_back() {
    let sandbox = Sandbox::with_script(
        "echo half > out; test ! -e fail || exit 3; echo $(date +%N) > out; cat out",
    );
    let call = "--ttl 1ms --stale-if-error 1h --output out ./s.sh";
    let good = sandbox.cachex(call).output().stdout_text();
    assert_eq!(sandbox.read("out"), good);
    sandbox.write("fail", "");
    sandbox.sh("sleep 0.01").gives("");
    let seen = sandbox.cachex(call).output();
    assert_eq!((seen.status.code(), seen.stdout_text()), (Some(0), good.clone()));
    assert_eq!(sandbox.read("out"), good);
    assert_eq!(sandbox.runs(), 2);
}

#[test]
fn a_fallback_whose_files_cannot_be_brought_back_is_not_replayed() {
    let sandbox = Sandbox::with_script(
        "test -e fail && { rm out; mkdir out; echo bad; exit 3; }; echo x > out; echo ok",
    );
    let call = "--ttl 1ms --stale-if-error 1h --output out ./s.sh";
    sandbox.cachex(call).gives("ok\n");
    sandbox.write("fail", "");
    sandbox.sh("sleep 0.01").gives("");
    let seen = sandbox.cachex(call).output();
    assert_eq!((seen.status.code(), seen.stdout_text()), (Some(3), "bad\n".to_owned()));
    assert_eq!(seen.stderr_text().matches("cannot bring back files: out").count(), 1);
}

#[test]
fn explain_says_what_comes_with_a_hit() {
    let sandbox = sandbox();
    sandbox.sh("rm -r dist").gives("");
    let explained = sandbox.cachex("explain --output dist ./s.sh").output().stdout_text();
    let expected = "\nthen: the entry is replayed; brings back 2 files, 1 link, 1 directory\n";
    assert!(explained.contains(expected), "{explained}");
    assert!(!sandbox.dir.join("dist").exists());
}

/// A script that writes `out` and prints the same.
fn copying() -> Sandbox {
    let sandbox = Sandbox::with_script("cat now > out; cat now; echo done >> ends");
    sandbox.write("now", "old\n");
    sandbox.write("ends", "");
    sandbox
}

#[test]
fn a_stale_hit_brings_its_files_back_and_is_renewed_with_them() {
    let sandbox = copying();
    let call = "--ttl 1m --stale-while-revalidate 1h --output out ./s.sh";
    sandbox.cachex(call).gives("old\n");
    sandbox.write("now", "new\n");
    sandbox.age(100);
    sandbox.write("out", "edited");
    sandbox.cachex(&format!("--only-if-cached {call}")).gives("old\n");
    assert_eq!((sandbox.read("out"), sandbox.runs()), ("old\n".to_owned(), 1));
    sandbox.cachex(call).gives("old\n");
    wait_for_ends(&sandbox, 2);
    sandbox.write("out", "edited");
    sandbox.cachex(call).gives("new\n");
    assert_eq!((sandbox.read("out"), sandbox.runs()), ("new\n".to_owned(), 2));
}

#[test]
fn warm_and_refresh_store_files() {
    let sandbox = copying();
    let comes_back = |content: &str| {
        fs::remove_file(sandbox.dir.join("out")).expect("written");
        sandbox.cachex("--only-if-cached --output out ./s.sh").gives(content);
        assert_eq!(sandbox.read("out"), content);
    };
    sandbox.cachex("--warm --output out ./s.sh").gives("");
    wait_for_ends(&sandbox, 1);
    comes_back("old\n");
    sandbox.write("now", "new\n");
    sandbox.cachex("--refresh --output out ./s.sh").gives("new\n");
    comes_back("new\n");
}

/// A leader in a directory, and a follower in another one or the same, get the same file.
#[track_caller]
fn both_have_the_file(options: &str, follower_in: &str) {
    let sandbox = Sandbox::new();
    sandbox.sh("mkfifo go; mkdir one two").gives("");
    let wait = "until read x < ../go; do :; done";
    sandbox
        .script("s.sh", &format!("echo $$ > ../started; {wait}; echo content > out; echo built"));
    let call = |directory: &str| {
        let script = sandbox.dir.join("s.sh").display().to_string();
        let call = sandbox.cachex(&format!("-v {options} --output out {script}"));
        call.in_dir(&sandbox.dir.join(directory)).spawn()
    };
    let leader = call("one");
    wait_for_start(&sandbox);
    let mut follower = call(follower_in);
    wait_until_waiting(&mut follower);
    sandbox.go();
    assert_eq!(end(leader), ("built\n".to_owned(), Some(0)));
    assert_eq!(end(follower), ("built\n".to_owned(), Some(0)));
    for directory in ["one", follower_in] {
        assert_eq!(sandbox.read(&format!("{directory}/out")), "content\n");
    }
    assert_eq!(sandbox.runs(), 1);
}

#[test]
fn a_caller_that_waits_in_the_same_directory_has_the_files() {
    both_have_the_file("", "one");
}

#[test]
fn a_caller_that_waits_in_another_directory_gets_the_files_there() {
    both_have_the_file("--ignore-cwd", "two");
}
