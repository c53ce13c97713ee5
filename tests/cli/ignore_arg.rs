//! `--ignore-arg`: ignored words may be secret, so the store never holds them, and its entries are
//! found without them.

use super::harness::{Sandbox, Texts, word};
use std::ffi::OsString;
use std::fs;

const SECRET: &str = "s3cret-token";

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

/// Runs `./s.sh` with these arguments and ignores tokens.
fn ignoring(sandbox: &Sandbox, arguments: &str) {
    let options = ["--ignore-arg", "--token=*", "--ignore-arg", "-t *", "--", "./s.sh"];
    sandbox.cachex_words(options.into_iter().chain(split(arguments))).gives("hi\n");
}

fn split(words: &str) -> impl Iterator<Item = &str> {
    words.split(' ').filter(|word| !word.is_empty())
}

fn told(sandbox: &Sandbox, words: &str) -> String {
    sandbox.cachex(words).output().stdout_text()
}

#[track_caller]
fn is_nowhere(sandbox: &Sandbox, secret: &str) {
    for file in fs::read_dir(sandbox.store_dir()).expect("readable") {
        let path = file.expect("readable").path();
        let bytes = fs::read(&path).expect("readable");
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn ignored_words_are_not_stored_and_the_glob_is_shown() {
    let sandbox = sandbox();
    ignoring(&sandbox, &format!("a --token={SECRET} -t {SECRET} b"));
    ignoring(&sandbox, "a -t other b");
    assert_eq!(sandbox.runs(), 1);
    let line = "./s.sh a '--token=*' -t '*' b";
    let listed = told(&sandbox, "list");
    assert!(listed.ends_with(&format!("  {line}\n")), "{listed}");
    let shown = told(&sandbox, "show 1");
    assert!(shown.contains(&format!("command    {line}\n")), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&told(&sandbox, "list --json")).expect("JSON");
    assert_eq!(json[0]["command"], serde_json::json!(["./s.sh", "a", "--token=*", "-t", "*", "b"]));
    is_nowhere(&sandbox, SECRET);
    sandbox.cachex(&format!("clear -- ./s.sh a --token={SECRET} c")).gives("removed nothing\n");
    sandbox.cachex(&format!("clear --prefix -- ./s.sh c -t {SECRET}")).gives("removed nothing\n");
    is_nowhere(&sandbox, SECRET);
}

#[test]
fn the_order_of_the_options_does_not_matter() {
    let stored = |options: &str| {
        let sandbox = sandbox();
        sandbox.cachex(&format!("{options} ./s.sh --token=1 b")).gives("hi\n");
        told(&sandbox, "list").split_once("./s.sh").expect("stored").1.to_owned()
    };
    let (one, other) = ("--ignore-arg --token=*", "--ignore-arg --t*");
    assert_eq!(stored(&format!("{one} {other}")), stored(&format!("{other} {one}")));
}

#[test]
fn a_word_before_the_script_can_be_ignored() {
    let sandbox = Sandbox::new();
    sandbox.write("x.pl", "print \"pl\\n\"");
    let call = ["--ignore-arg", "s3cret*", "--", "perl", "-I", SECRET, "x.pl", "a"];
    sandbox.cachex_words(call).gives("pl\n");
    is_nowhere(&sandbox, SECRET);
    let stats = told(&sandbox, "stats");
    assert!(stats.contains("-I 's3cret*'"), "{stats}");
    let clear = |words: &str| sandbox.cachex(&format!("clear -- perl -I {words}"));
    clear("other x.pl a").gives("removed nothing\n");
    clear(&format!("{SECRET}s x.pl a")).gives("removed 1 entry (3B)\n");
}

#[test]
fn an_entry_is_found_whatever_the_ignored_words_are() {
    let sandbox = sandbox();
    let one = "removed 1 entry (3B)\n";
    for words in ["a --token=1", "a --token=2", "--token= a", "a", "-t x a", "-t y a --token=1"] {
        for verb in ["list", "show", "clear"] {
            ignoring(&sandbox, "-t x a --token=1");
            let call = format!("{verb} -- ./s.sh {words}");
            let told = told(&sandbox, &call);
            assert!(told.contains("'--token=*'") || told == one, "{call}: {told}");
        }
        assert_eq!(told(&sandbox, "list --json"), "[]\n", "{words}");
    }
    ignoring(&sandbox, "--token=1 a");
    for words in ["a -t", "b", "--tokens=1 a", "a a"] {
        sandbox.cachex(&format!("clear -- ./s.sh {words}")).gives("removed nothing\n");
    }
    sandbox.cachex("clear -- ./s.sh").gives(one);
}

#[test]
fn an_entry_without_ignored_words_is_found_by_its_exact_words() {
    let sandbox = sandbox();
    for words in ["--token=1 a", "--token=2 a", "a"] {
        sandbox.cachex(&format!("./s.sh {words}")).gives("hi\n");
    }
    ignoring(&sandbox, "--token=1 a");
    sandbox.cachex("clear -- ./s.sh --token=1 a").gives("removed 2 entries (6B)\n");
    ignoring(&sandbox, "--token=1 a");
    sandbox.cachex("clear -- ./s.sh a").gives("removed 2 entries (6B)\n");
    assert!(told(&sandbox, "list").ends_with("./s.sh --token=2 a\n"));
}

#[test]
fn filters_skip_ignored_words() {
    let sandbox = sandbox();
    let one = "removed 1 entry (3B)\n";
    ignoring(&sandbox, "--token=1");
    ignoring(&sandbox, "--token=1 a b");
    sandbox.cachex("clear --exact -- ./s.sh --token=2").gives(one);
    sandbox
        .cachex("clear -- ./s.sh --token=2")
        .gives("removed nothing; 1 with more arguments: --prefix\n");
    sandbox.cachex("clear --prefix -- ./s.sh --token=2 b").gives("removed nothing\n");
    sandbox.cachex("clear --prefix -- ./s.sh --token=2 a").gives(one);
}

#[test]
fn a_rule_can_ignore_words() {
    let sandbox = sandbox();
    sandbox.project_config("[[rule]]\ncommand = 's.sh'\nignore-arg = '--token=*'");
    sandbox.cachex(&format!("./s.sh --token={SECRET} a")).gives("hi\n");
    is_nowhere(&sandbox, SECRET);
    fs::remove_file(sandbox.dir.join(".cachex.toml")).expect("removed");
    sandbox.cachex(&format!("clear -- ./s.sh --token={SECRET} a")).gives("removed 1 entry (3B)\n");
    is_nowhere(&sandbox, SECRET);
}

#[test]
fn words_of_any_bytes_can_be_ignored() {
    let sandbox = sandbox();
    let call = |options: &[&str], last: &[u8]| {
        let words = options.iter().map(OsString::from).chain([word(last)]).collect::<Vec<_>>();
        sandbox.cachex_words(words)
    };
    call(&["--ignore-arg", "x*", "--", "./s.sh"], b"x\xff").gives("hi\n");
    call(&["clear", "--", "./s.sh"], b"x\xfe\n").gives("removed 1 entry (3B)\n");
}

#[test]
fn a_run_with_ignored_words_that_is_cleared_in_flight_is_not_stored() {
    for (ignores, cleared, stored) in [
        (true, "./s.sh --token=1 a", false),
        (true, "./s.sh --token=2 a", false),
        (true, "./s.sh a", false),
        (false, "./s.sh --token=1 a", false),
        (false, "./other.sh --token=1 a", true),
        (true, "./other.sh --token=1 a", true),
    ] {
        for is_known in [true, false] {
            let sandbox = Sandbox::new();
            sandbox.sh("mkfifo begun go").gives("");
            sandbox.script("s.sh", "test \"$2\" = b || { echo > begun; read x < go; }; echo hi");
            sandbox.script("other.sh", "echo hi");
            if is_known {
                ignoring(&sandbox, "--token=0 b");
            }
            let options: &[_] = if ignores { &["--ignore-arg", "--token=*"] } else { &[] };
            let words = options.iter().chain(&["--", "./s.sh", "--token=1", "a"]);
            let call = sandbox.cachex_words(words);
            let running = std::thread::spawn(|| call.gives("hi\n"));
            fs::read(sandbox.dir.join("begun")).expect("read");
            sandbox.cachex(&format!("clear -- {cleared}")).output();
            sandbox.go();
            running.join().expect("ended");
            let left =
                told(&sandbox, "list -- ./s.sh a") + &told(&sandbox, "list -- ./s.sh --token=1 a");
            let is_stored = left.contains("./s.sh");
            assert_eq!(is_stored, stored, "{ignores} {cleared} {is_known}: {left}");
        }
    }
}

#[test]
fn globs_without_entries_are_removed() {
    let sandbox = sandbox();
    ignoring(&sandbox, "--token=1");
    let database = sandbox.connection();
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
                INSERT INTO note SELECT 4, CAST(i AS BLOB), 0, x'' FROM n";
    database.execute(many, []).expect("inserted");
    // The store removes them when the id of a new entry is a multiple of 64.
    database.execute("UPDATE entry SET id = 63", []).expect("renumbered");
    ignoring(&sandbox, "b");
    let count = "SELECT count(*) FROM note WHERE kind = 4";
    let count: i64 = database.query_row(count, [], |row| row.get(0)).expect("counted");
    assert_eq!(count, 1);
    sandbox.cachex("clear -- ./s.sh --token=2").gives("removed 1 entry (3B)\n");
}
