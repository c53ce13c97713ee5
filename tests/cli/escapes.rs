//! cachex escapes control characters in everything that it quotes.

use super::harness::terminal::on_terminal;
use super::harness::{Call, Sandbox, word};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Sets the title, clears the screen, sets a colour, hides text, and reverses its direction.
const HOSTILE: &str = "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{1b}[31m\u{9b}8m\r\u{8}\u{202e}";

fn sandbox() -> Sandbox {
    Sandbox::with_script("echo hi")
}

/// Expects only visible characters and newlines.
#[track_caller]
fn is_visible(bytes: &[u8], what: &str) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("{what}: not UTF-8"));
    let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{9b}".contains(c));
    assert!(!text.contains(acts), "{what}: {text:?}");
}

#[track_caller]
fn is_harmless(call: Call) {
    let what = format!("{:?}", call.command);
    let output = call.output();
    is_visible(&output.stdout, &what);
    is_visible(&output.stderr, &what);
}

#[test]
fn words_of_the_command_line_are_escaped() {
    let sandbox = sandbox();
    let options = [
        "--",
        "-",
        "--pty=",
        "--ttl=",
        "--failure-ttl=",
        "--env=",
        "--file=",
        "--ignore-arg=[",
        "--hash-with=",
        "--hash-with=file:",
        "--cache-exit=",
        "--max-entries=",
        "--max-output=",
        "--max-size=",
        "--spinner=",
        "--scope=",
        "--refresh=",
        "--no-cache=",
        "--cache-dir=",
    ];
    for verbose in ["-v", "-q"] {
        for option in options {
            let word = format!("{option}{HOSTILE}");
            is_harmless(sandbox.cachex_words([verbose, &word, "./s.sh"]));
            is_harmless(sandbox.cachex_words([verbose, "explain", &word, "./s.sh"]));
            is_harmless(sandbox.cachex_words([verbose, "config", &word, "--", "./s.sh"]));
        }
        let verbs = [
            "clear",
            "list",
            "show",
            "stats",
            "explain",
            "config",
            "trust",
            "prune",
            "doctor",
            "completions",
            "init",
            "man",
            "help",
        ];
        for verb in verbs {
            for more in ["", "--", "--older-than=", "--scope=", "--max-size="] {
                is_harmless(sandbox.cachex_words([verbose, verb, &format!("{more}{HOSTILE}")]));
            }
            is_harmless(sandbox.cachex_words([verbose, verb, "--", HOSTILE]));
        }
        is_harmless(sandbox.cachex_words([verbose, HOSTILE]));
        is_harmless(sandbox.cachex_words([verbose, "--", HOSTILE, HOSTILE]));
    }
    for bytes in [&b"--\x9b8m\xff"[..], b"--ttl=\x9b8m\xff", b"\x9b8m\xff"] {
        is_harmless(sandbox.cachex_words([word(bytes), OsString::from("true")]));
    }
}

#[test]
fn values_of_variables_and_configuration_are_escaped() {
    let sandbox = sandbox();
    for name in ["TTL", "PTY", "FILE", "ENV", "HASH_WITH", "REFRESH", "CACHE_DIR", "TRUST"] {
        for verb in ["-v", "explain", "config"] {
            let call = sandbox.cachex_words([verb, "--", "./s.sh"]);
            is_harmless(call.env(&format!("CACHEX_{name}"), HOSTILE));
        }
    }
    let escaped: Vec<_> = HOSTILE.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let escaped = escaped.concat();
    for line in [
        format!("ttl = \"{escaped}\""),
        format!("spinner = \"{escaped}\"\nenv = \"{escaped}\"\nfile = \"{escaped}\""),
        format!("\"{escaped}\" = 1"),
        format!("[[rule]]\ncommand = \"*{escaped}\"\nhash-with = \"{escaped}\""),
        format!("# {HOSTILE}\nttl = 1"),
    ] {
        sandbox.user_config(&line);
        sandbox.project_config(&line);
        for words in ["-v ./s.sh", "explain ./s.sh", "config", "config --json", "trust"] {
            is_harmless(sandbox.cachex(words));
        }
    }
}

#[test]
fn paths_are_escaped() {
    let sandbox = sandbox();
    let directory = sandbox.dir.join(HOSTILE);
    fs::create_dir(&directory).expect("made");
    fs::write(directory.join(".cachex.toml"), "ttl = 1").expect("written");
    let program = directory.join(HOSTILE);
    fs::copy(sandbox.dir.join("s.sh"), &program).expect("copied");
    let program = program.as_os_str();
    let call = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).as_ref()).chain([program]);
        sandbox.cachex_words(words).in_dir(&directory)
    };
    for trust in ["trust", "trust --list", "config", "trust --revoke"] {
        for words in [&["-v"][..], &["-v", "--file", "."], &["explain"], &["explain", "--json"]] {
            is_harmless(call(words));
        }
        is_harmless(sandbox.cachex(trust).in_dir(&directory));
    }
    for words in ["list", "list --json", "show 1", "stats", "stats --markdown", "doctor", "clear"] {
        is_harmless(sandbox.cachex(words).in_dir(&directory));
    }
    // The paths of the store, the home directory and the configuration.
    let named = String::from_utf8_lossy(directory.as_os_str().as_bytes()).into_owned();
    for name in ["HOME", "CACHEX_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        fs::write(directory.join("cachex"), "").expect("written");
        for words in ["-v ./s.sh", "config", "doctor", "list", "trust --list"] {
            is_harmless(sandbox.cachex(words).env(name, &named));
        }
    }
}

#[test]
fn on_a_terminal_only_the_colours_of_cachex_remain() {
    let sandbox = sandbox();
    let seen = |words: &[&str]| {
        on_terminal(sandbox.cachex_words(words).env("TERM", "xterm"), 24, 500).end().0
    };
    for words in [[&format!("--{HOSTILE}"), "ls"], ["completions", HOSTILE], ["list", HOSTILE]] {
        let seen = seen(&words);
        assert!(
            seen.contains("error: ") && seen.contains("\\x1b]0;pwned\\x07\\x1b[2J"),
            "{seen:?}"
        );
        assert!(!seen.contains('\u{1b}') && !seen.contains('\u{7}'), "{seen:?}");
    }
    let help = seen(&["--help"]);
    assert!(
        help.contains("\u{1b}[1m\u{1b}[4mUsage:\u{1b}[0m") && help.lines().count() > 50,
        "{help:?}"
    );
    let error = seen(&["--unknown", "ls"]);
    assert!(error.contains("--unknown") && !error.contains('\u{1b}'), "{error:?}");
    let plain = on_terminal(sandbox.cachex("--help").env("NO_COLOR", "1"), 24, 80).end().0;
    assert!(plain.contains("Usage:") && !plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn a_word_with_newlines_is_quoted_on_one_line() {
    let told = sandbox().cachex_words(["--a\ncachex: error: b", "ls"]).tells("", 2);
    assert!(
        told.starts_with(
            "cachex: error: unexpected argument '--a\\ncachex: error: b'; see cachex --help\n"
        ),
        "{told}"
    );
}
