//! `--json`: one rule for all texts and one for all times.

use super::harness::{Sandbox, word};
use serde_json::Value;
use std::ffi::OsString;

/// Runs cachex with these words and expects JSON without control characters.
#[track_caller]
fn json(sandbox: &Sandbox, words: &[OsString]) -> Value {
    let output = sandbox.cachex_words(words).output();
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
    serde_json::from_str(&text).expect("JSON")
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[test]
fn texts_are_unescaped_and_invalid_utf_8_is_replaced() {
    let sandbox = Sandbox::new();
    let odd = "schön \u{1b}[31m\n\\x1b \u{9b}\u{7f}\u{202e}\"";
    let call = [words(&["echo", odd]), vec![word(b"a\xffb")]].concat();
    let expected = serde_json::json!(["echo", odd, "a\u{fffd}b"]);
    sandbox.cachex_words([words(&["--scope", odd, "--"]), call.clone()].concat()).output();
    sandbox.cachex("stats").output();
    let of = |verb: &[&str]| json(&sandbox, &[words(verb), call.clone()].concat());

    let listed = of(&["list", "--json", "--"]);
    assert_eq!((&listed[0]["command"], &listed[0]["scope"]), (&expected, &odd.into()));
    assert_eq!(of(&["show", "--json", "--"])["command"], expected);
    let explained = of(&["explain", "--json", "--env", "\u{9b}x", "--"]);
    let parts = explained["parts"].as_array().expect("a list");
    let value = |name: &str| &parts.iter().find(|p| p["name"] == name).expect("a part")["value"];
    assert_eq!((value("argument 1"), value("argument 2")), (&odd.into(), &"a\u{fffd}b".into()));
    assert_eq!(value("env \u{9b}x"), "unset");
    let differences = &explained["nearest"]["differences"];
    assert_eq!(differences, &serde_json::json!(["scope changed", "env \u{9b}x is new"]));
    let configured = of(&["config", "--json", "--scope", odd, "--"]);
    assert_eq!(configured["command"], expected);
    assert_eq!(configured["options"][0]["value"], odd);
}

#[test]
fn names_of_commands_and_directories_follow_the_rule() {
    let sandbox = Sandbox::new();
    let directory = sandbox.dir.join(word("é\u{9b}\n".as_bytes())).join(word(b"\xff"));
    std::fs::create_dir_all(&directory).expect("made");
    sandbox.script("s.sh", "echo hi");
    std::fs::copy(sandbox.dir.join("s.sh"), directory.join("s.sh")).expect("copied");
    sandbox.cachex("./s.sh").in_dir(&directory).gives("hi\n");
    let expected = directory.to_string_lossy().into_owned();
    assert!(expected.ends_with("é\u{9b}\n/\u{fffd}"));
    let listed = json(&sandbox, &words(&["list", "--json"]));
    assert_eq!(listed[0]["directory"], expected);
    let stats = json(&sandbox, &words(&["stats", "--json"]));
    assert_eq!(stats["commands"][0]["command"][0], format!("{expected}/s.sh"));
}

#[test]
fn times_are_seconds_with_milliseconds() {
    let sandbox = Sandbox::with_script("echo hi");
    sandbox.cachex("--ttl 1.2345 ./s.sh a").gives("hi\n");
    let to_the_millisecond = |value: &Value, of: &str| {
        let number = value[of].as_f64().unwrap_or_else(|| panic!("{of} in {value}"));
        let text = number.to_string();
        assert!(text.split_once('.').is_none_or(|(_, part)| part.len() <= 3), "{of}: {text}");
    };
    for millis in [1, 1_001, 70_123, 86_400_007] {
        sandbox.age_by_millis(millis);
        let listed = json(&sandbox, &words(&["list", "--json"]));
        for of in ["age", "created", "elapsed", "last_used", "ttl"] {
            to_the_millisecond(&listed[0], of);
        }
        let explained = json(&sandbox, &words(&["explain", "--json", "./s.sh", "b"]));
        to_the_millisecond(&explained["nearest"], "age");
        to_the_millisecond(&json(&sandbox, &words(&["stats", "--json"])), "saved");
    }
}
