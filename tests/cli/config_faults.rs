//! Invalid configuration files: one warning, and the command runs uncached.

use super::config::{by_default, sandbox};
use super::harness::Texts;
use std::fs;

/// Expects one warning with these parts, wherever a file has this content, and an uncached run.
#[track_caller]
fn is_invalid(content: &str, parts: &[&str]) {
    for place in ["user", "project"] {
        let sandbox = sandbox();
        let path = match place {
            "user" => sandbox.user_config(content),
            _ => sandbox.project_config(content),
        };
        let path = path.display().to_string();
        let directory = sandbox.dir.display().to_string();
        let trusting = |words: &str| sandbox.cachex(words).env("CACHEX_TRUST", &directory);
        for _ in 0..2 {
            let stderr = trusting("./s.sh").tells("hi \n", 0);
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert!(stderr.starts_with("cachex: warning: "), "{stderr}");
            for part in parts.iter().chain([&path.as_str(), &"running uncached"]) {
                assert!(stderr.contains(part), "{part}: {stderr}");
            }
        }
        assert_eq!(sandbox.runs(), 2);
        assert!(!sandbox.store_dir().exists());
        trusting("-q ./s.sh").gives("hi \n");
        let missed = trusting("--only-if-cached ./s.sh").tells("", 124);
        assert!(missed.contains("not cached"), "{missed}");
        sandbox.cachex("clear -q").gives("removed nothing\n");
        let shown = by_default(&sandbox, "config --json").env("CACHEX_TRUST", &directory).output();
        let answer: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        assert_eq!(answer["options"], serde_json::json!([]));
        assert!(answer["problem"].as_str().expect("a problem").contains(&path), "{answer}");
        assert_eq!(shown.stderr_text().lines().count(), 1);
        if place == "project" {
            let told = sandbox.cachex("trust").tells("", 125);
            assert!(told.starts_with("cachex: error: ") && told.contains(&path), "{told}");
            sandbox.cachex("trust --list").gives("nothing is trusted\n");
        }
    }
}

#[test]
fn syntax_errors_are_reported() {
    is_invalid("ttl = 1\nttl\n", &[":2:"]);
    is_invalid("ttl = 1\nttl = 2\n", &["duplicate key"]);
    is_invalid("[[rule]\n", &[":1:"]);
}

#[test]
fn unknown_keys_are_reported_with_the_nearest_key() {
    is_invalid("# one\ntll = 1\n", &[":2:", "'tll'", "(did you mean 'ttl'?)"]);
    is_invalid("no_spinner = true\n", &["'no_spinner'", "(did you mean 'no-spinner'?)"]);
    is_invalid("force = true\n", &["'force'", "'refresh'"]);
    is_invalid("[[rules]]\ncommand = \"x\"\n", &["'rules'", "'rule'"]);
    is_invalid("[[rule]]\ncomand = \"x\"\ncommand = \"y\"\n", &["'comand'", "'command'"]);
    is_invalid("banana = 1\n", &["unknown key 'banana';"]);
    is_invalid("help = true\n", &["unknown key 'help';"]);
    is_invalid("command = \"x\"\n", &["unknown key 'command';"]);
}

#[test]
fn invalid_values_are_reported() {
    is_invalid("ttl = \"banana\"\n", &["\"banana\"", "ttl", "1h 30min", ":1:"]);
    is_invalid("ttl = -5\n", &["-5", "ttl", "negative"]);
    is_invalid("ttl = true\n", &["true", "ttl", "a number"]);
    is_invalid("ttl = [1]\n", &["[1]", "ttl"]);
    is_invalid("max-entries = 0\n", &["0", "max-entries", "from 1"]);
    is_invalid("refresh = \"yes\"\n", &["\"yes\"", "refresh", "true or false"]);
    is_invalid("pty = \"sometimes\"\n", &["\"sometimes\"", "pty", "always, auto, never"]);
    is_invalid("scope = 5\n", &["5", "scope", "a string"]);
    is_invalid("env = [[\"A\"]]\n", &["env", "a string or strings"]);
    is_invalid("env = \"A=b\"\n", &["'A=b'", "env", "a glob"]);
    is_invalid("key = 2020-01-01\n", &["2020-01-01", "key"]);
}

#[test]
fn invalid_rules_are_reported() {
    is_invalid("[[rule]]\nttl = 1\n", &["a rule without a command"]);
    is_invalid("[[rule]]\ncommand = \"\"\n", &["\"\"", "command"]);
    is_invalid("[[rule]]\ncommand = [\"a\"]\n", &["[\"a\"]", "a string"]);
    is_invalid("[[rule]]\ncommand = \"a [\"\n", &["\"a [\"", "command"]);
    is_invalid("[rule]\ncommand = \"a\"\n", &["[[rule]]"]);
    is_invalid("rule = 5\n", &["[[rule]]"]);
    // Even in a rule for other commands.
    is_invalid("[[rule]]\ncommand = \"other\"\nttl = \"x\"\n", &["\"x\"", "ttl", ":3:"]);
}

#[test]
fn an_unreadable_file_is_reported() {
    let sandbox = sandbox();
    for name in ["directory", "fifo", "binary", "long"] {
        let path = sandbox.dir.join(".cachex.toml");
        match name {
            "directory" => fs::create_dir(&path).expect("made"),
            "fifo" => {
                let made = std::process::Command::new("mkfifo").arg(&path).status();
                assert!(made.expect("started").success());
            }
            "binary" => fs::write(&path, b"\xff\xfe").expect("written"),
            _ => fs::write(&path, "#".repeat(2 << 20)).expect("written"),
        }
        sandbox.cachex("./s.sh").warns("hi \n", &path.display().to_string());
        if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }.expect("gone");
    }
    assert!(!sandbox.store_dir().exists());
    std::os::unix::fs::symlink("/nowhere", sandbox.dir.join(".cachex.toml")).expect("linked");
    sandbox.cachex("./s.sh").gives("hi \n");
}
