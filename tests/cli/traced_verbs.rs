//! What the verbs say about entries of traced runs.

use super::harness::{Sandbox, Texts};
use serde_json::{Value, json};

/// What a verb with `--json` prints.
#[track_caller]
fn answer(sandbox: &Sandbox, words: &str) -> Value {
    let output = sandbox.cachex(words).output();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", output.stderr.escape_ascii()))
}

/// The inputs of the newest entry with this path.
#[track_caller]
fn inputs_at(sandbox: &Sandbox, path: &str) -> Vec<Value> {
    let shown = answer(sandbox, "show --json 1");
    let inputs = shown["inputs"].as_array().expect("inputs");
    inputs.iter().filter(|input| input["path"] == path).cloned().collect()
}

fn input(path: &str, follow: bool, asked: &[&str], found: bool) -> Value {
    json!({ "path": path, "follow": follow, "asked": asked, "found": found })
}

#[test]
fn the_inputs_of_an_entry_are_told_as_json() {
    let sandbox = Sandbox::with_script(
        "cat src/a; cat missing/file 2>&-; cat src/a/below 2>&-; ls sub; readlink link; stat -c %s stated",
    );
    sandbox.write("src/a", "secret content\n");
    sandbox.write("sub/x", "");
    sandbox.write("stated", "123");
    std::os::unix::fs::symlink("target", sandbox.dir.join("link")).expect("linked");
    sandbox.cachex("--trace ./s.sh").tells("secret content\nx\ntarget\n3\n", 0);
    assert_eq!(inputs_at(&sandbox, "src/a"), [input("src/a", true, &["content"], true)]);
    assert_eq!(inputs_at(&sandbox, "missing"), [input("missing", true, &["access"], false)]);
    let below = inputs_at(&sandbox, "src/a/below");
    assert!(below.iter().all(|input| input["found"] == false) && !below.is_empty(), "{below:?}");
    assert!(inputs_at(&sandbox, "sub")[0]["asked"].to_string().contains("listing"));
    assert_eq!(inputs_at(&sandbox, "link"), [input("link", false, &["link"], true)]);
    assert_eq!(inputs_at(&sandbox, "stated"), [input("stated", false, &["stat"], true)]);
    let whole = answer(&sandbox, "show --json 1").to_string();
    assert!(!whole.contains("secret content"), "{whole}");
}

#[test]
fn an_entry_whose_run_was_not_traced_has_no_inputs() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("./s.sh").gives("hi\n");
    assert_eq!(answer(&sandbox, "show --json 1")["inputs"], Value::Null);
}

#[test]
fn the_inputs_of_an_entry_are_listed_by_directory() {
    let sandbox = Sandbox::with_script("cat src/*; cat \"$(printf 'a\\033b')\" missing 2>&-");
    sandbox.write("src/a", "secret\n");
    sandbox.write("a\u{1b}b", "x");
    sandbox.cachex("--trace ./s.sh").tells("secret\nx", 1);
    let shown = sandbox.cachex("show 1").output().stdout_text();
    assert!(shown.contains("\nin the project\n"), "{shown}");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = shown.lines().map(words).collect();
    for expected in ["content src/a", "content $'a\\x1bb'", "absent missing", "access, listing src"]
    {
        assert!(lines.iter().any(|line| line == expected), "no {expected:?} in {shown}");
    }
    let elsewhere = shown.split("\nelsewhere\n").nth(1).expect("others");
    assert!(elsewhere.contains("  /etc\n") || elsewhere.contains("  /usr/bin\n"), "{elsewhere}");
    assert!(!shown.contains("secret\n"), "{shown}");
    let line = shown.lines().find(|line| line.starts_with("inputs ")).expect("a line");
    assert!(line.ends_with(" of them absent"), "{line}");
}
