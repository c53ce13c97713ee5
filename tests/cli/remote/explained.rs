//! `explain`: where a call shares its result, under which name, or why it does not. It asks nobody.

use super::failing::nobody;
use super::machine::{checkout, key, sharing, sharing_by, wait_until_pushed};
use super::server::Server;
use crate::harness::{Call, Sandbox, Texts as _};
use serde_json::{Value, json};
use std::fs;

/// What a call explains.
#[track_caller]
fn told(call: Call) -> String {
    let output = call.output();
    assert_eq!((output.stderr_text(), output.status.code()), (String::new(), Some(0)));
    output.stdout_text()
}

/// The rest of the line that begins with this word.
#[track_caller]
fn line(told: &str, word: &str) -> String {
    let begins = format!("{word}: ");
    let line = told.lines().find_map(|line| line.strip_prefix(&begins));
    line.unwrap_or_else(|| panic!("no {word} in {told}")).to_owned()
}

/// Why a call does not share.
#[track_caller]
fn not_shared(call: Call) -> String {
    line(&told(call), "not shared")
}

#[test]
fn a_call_that_has_nothing_to_do_with_sharing_tells_nothing_of_it() {
    let one = checkout("echo out");
    let explained = told(one.cachex("explain ./s.sh"));
    assert!(!explained.contains("shared"), "{explained}");
    let explained: Value =
        serde_json::from_str(&told(one.cachex("explain --json ./s.sh"))).expect("JSON");
    assert_eq!(explained.get("sharing"), Some(&Value::Null));
}

#[test]
fn each_reason_not_to_share_is_told() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let call = |words: &str| sharing(&one, &server, words);
    let explain = || call("explain ./s.sh");
    assert_eq!(not_shared(explain().without_env("CACHEX_SHARE")), "--share is not set");
    let reason = not_shared(explain().without_env("CACHEX_REMOTE"));
    assert!(reason.starts_with("no remote is set"), "{reason}");
    assert_eq!(not_shared(explain().env("CACHEX_REMOTE_MODE", "off")), "--remote-mode is off");
    let reason = not_shared(explain().without_env("CACHEX_REMOTE_KEY"));
    assert!(reason.starts_with("CACHEX_REMOTE_KEY is not set"), "{reason}");
    let reason = not_shared(explain().env("CACHEX_REMOTE_KEY", "c0ffee"));
    assert!(reason.starts_with("CACHEX_REMOTE_KEY is shorter"), "{reason}");
    assert_eq!(not_shared(call("explain --no-cache ./s.sh")), "it is not cached");
    fs::remove_dir(one.dir.join(".git")).expect("removed");
    assert!(not_shared(explain()).contains(".git"));
    assert_eq!(server.requests(""), 0);
}

#[test]
fn a_call_that_shares_tells_where_and_how() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let explained = told(sharing(&one, &server, "explain --remote-read dev,old ./s.sh"));
    let expected = format!("by {} in namespace main, looked for in dev, old too", server.url());
    assert_eq!(line(&explained, "shared"), expected);
    assert_eq!(line(&explained, "asked"), "after a local miss, for 1m at most");
    assert_eq!(line(&explained, "given"), "the result of a run of 0ms or more");
    assert!(line(&explained, "note").starts_with("shared by its words and code alone; "));
    assert_eq!(server.requests(""), 0, "explain asks nobody");
    assert!(!one.store_dir().join("outbox").exists());
    one.write("x", "");
    let traced = if cfg!(target_os = "linux") { &["--trace"][..] } else { &[] };
    for option in [&["--file x", "--env HOME", "--env 'Q*'"], traced].concat() {
        let explained = told(sharing(&one, &server, &format!("explain {option} ./s.sh")));
        assert!(!explained.contains("words and code alone"), "{option}: {explained}");
    }
}

/// The name of the object that a call shares, and the rows of what it is made of.
fn name_and_rows(sandbox: &Sandbox, server: &Server, words: &str) -> (String, Vec<String>) {
    let told = told(sharing(sandbox, server, words));
    let (_, after) = told.split_once("\nshared as ").unwrap_or_else(|| panic!("{told}"));
    let (name, rows) = after.split_once('\n').expect("rows");
    (name.to_owned(), rows.lines().map(str::to_owned).collect())
}

#[test]
fn two_checkouts_tell_the_same_name_and_the_same_parts() {
    let (server, one, other) = (Server::new(), checkout("echo out"), checkout("echo out"));
    let words = "explain --env SAME --file x -- ./s.sh a";
    for sandbox in [&one, &other] {
        sandbox.write("x", "1");
    }
    let of = |sandbox: &Sandbox| name_and_rows(sandbox, &server, words);
    let (name, rows) = of(&one);
    assert_eq!((name.clone(), rows.clone()), of(&other));
    let has = |name: &str, value: &str| {
        rows.iter().any(|row| row.starts_with(&format!("  {name} ")) && row.ends_with(value))
    };
    assert!(has("working directory", "//project") && has("argument 1", "a"), "{rows:?}");
    assert!(rows.iter().any(|row| row.starts_with("  script //project/s.sh ")), "{rows:?}");
    let here = one.dir.to_string_lossy().into_owned();
    assert!(!rows.iter().any(|row| row.contains(&here)), "{rows:?}");
    // What differs is told by name.
    other.write("x", "2");
    let (changed, rows_of_other) = of(&other);
    assert_ne!(changed, name);
    let differing: Vec<_> = rows.iter().zip(&rows_of_other).filter(|(a, b)| a != b).collect();
    let [(row, _)] = differing[..] else { panic!("{differing:?}") };
    assert!(row.starts_with("  file x "), "{row}");
    let with_epoch = words.replace("--file", "--remote-epoch 2 --file");
    let (_, rows_of_epoch) = name_and_rows(&one, &server, &with_epoch);
    assert!(
        rows_of_epoch.iter().any(|row| row.starts_with("  remote epoch ") && row.ends_with('2'))
    );
    // It is the name of the object.
    sharing(&one, &server, "--env SAME --file x -- ./s.sh a").gives("out\n");
    wait_until_pushed(&one);
    let objects = server.objects();
    assert!(objects.keys().next().expect("an object").ends_with(&name), "{name} in {objects:?}");
}

#[test]
fn why_nobody_is_asked_or_given_anything_is_told() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let explain = |words: &str| sharing(&one, &server, &format!("explain {words} ./s.sh"));
    let both = |call: Call| {
        let told = told(call);
        (line(&told, "not asked"), line(&told, "not given"))
    };
    let reason = |told: Call, word: &str| line(&self::told(told), word);
    assert_eq!(reason(explain("--refresh"), "not asked"), "--refresh is set");
    assert_eq!(reason(explain("--ttl 0"), "not asked"), "--ttl is 0");
    let write = explain("").env("CACHEX_REMOTE_MODE", "write");
    assert_eq!(reason(write, "not asked"), "--remote-mode is write");
    let read = explain("").env("CACHEX_REMOTE_MODE", "read");
    assert_eq!(reason(read, "not given"), "--remote-mode is read");
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let reader = explain("").env("CACHEX_REMOTE_TRUST", public);
    assert_eq!(reason(reader, "not given"), "this machine has no CACHEX_REMOTE_SIGN_KEY");
    let told_of = |reason: &str| (reason.to_owned(), reason.to_owned());
    let cached = explain("--only-if-cached");
    assert_eq!(reason(cached, "not given"), "--only-if-cached is set");
    assert_eq!(reason(explain("--only-if-cached"), "asked"), "after a local miss, for 1m at most");
    assert_eq!(reason(explain("--warm"), "not asked"), "--warm is set");
    assert_eq!(reason(explain("--warm"), "given"), "the result of a run of 0ms or more");
    assert_eq!(both(explain("--no-store")), told_of("its result would not be stored"));
}

#[test]
fn output_that_names_the_project_is_told_of() {
    let (server, one) = (Server::new(), checkout("pwd"));
    let here = format!("{}\n", one.dir.display());
    sharing(&one, &server, "./s.sh").gives(&here);
    let explained = told(sharing(&one, &server, "explain ./s.sh"));
    let reason = "the output of entry 1 names the directory of the project or of the user";
    assert_eq!(line(&explained, "not given"), reason);
}

#[test]
fn an_outage_is_told_with_the_time_that_is_left_and_nothing_changes() {
    let (url, one) = (nobody(), checkout("echo out"));
    sharing_by(&one, &url, "./s.sh").warns("out\n", "cannot be reached");
    let breakers = || {
        let files = fs::read_dir(one.store_dir()).expect("listed").flatten();
        let is_breaker = |name: &str| name.starts_with("breaker-");
        let mut files: Vec<_> = files
            .filter(|file| is_breaker(&file.file_name().to_string_lossy()))
            .map(|file| (file.file_name(), fs::read(file.path()).expect("read")))
            .collect();
        files.sort();
        files
    };
    // One for questions, one for pushes.
    let is_noted = || breakers().iter().filter(|(_, text)| !text.is_empty()).count() == 2;
    crate::harness::wait_until("the push failed too", is_noted);
    let before = breakers();
    let explained = told(sharing_by(&one, &url, "explain ./s.sh a"));
    let left = "it is left alone for another ";
    assert!(line(&explained, "not asked").starts_with(left), "{explained}");
    let given = line(&explained, "given");
    assert!(given.contains("; it waits: it is left alone for another "), "{given}");
    assert_eq!(breakers(), before);
}

#[test]
fn no_secret_and_no_login_is_told() {
    let one = checkout("echo out");
    for words in ["explain ./s.sh", "explain --json ./s.sh"] {
        let call =
            one.cachex(words).env("CACHEX_REMOTE", "redis://loginname:pass%40word@localhost/0");
        let call = call.env("CACHEX_SHARE", "1").env("CACHEX_REMOTE_KEY", &key());
        let explained = told(call.env("CACHEX_REMOTE_TOKEN", "tokentoken"));
        assert!(explained.contains("localhost"), "{explained}");
        for secret in ["loginname", "pass%40word", "tokentoken", &key()] {
            assert!(!explained.contains(secret), "{secret} in {explained}");
        }
    }
}

#[test]
fn json_has_the_documented_fields() {
    let (server, one) = (Server::new(), checkout("echo out"));
    let of = |call: Call| -> Value {
        let told: Value = serde_json::from_str(&told(call)).expect("JSON");
        told["sharing"].clone()
    };
    let explain = || sharing(&one, &server, "explain --json ./s.sh");
    let shared = of(explain());
    let fields = ["shared", "reason", "remote", "namespaces", "not_asked", "not_given"];
    let values = fields.map(|field| shared[field].clone());
    let url = Value::from(server.url());
    assert_eq!(values, [json!(true), Value::Null, url, json!(["main"]), Value::Null, Value::Null]);
    assert_eq!(shared["words_and_code_alone"], json!(true));
    assert!(shared["name"].as_str().expect("a name").starts_with("v1/main/"));
    let parts = shared["parts"].as_array().expect("a list");
    let directory = parts.iter().find(|part| part["name"] == "working directory");
    assert_eq!(directory.expect("a part")["value"], "//project");
    let not = of(explain().without_env("CACHEX_SHARE"));
    assert_eq!((&not["shared"], &not["reason"]), (&json!(false), &"--share is not set".into()));
    assert_eq!(not["parts"], Value::Null);
}
