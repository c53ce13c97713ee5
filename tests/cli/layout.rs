//! The layout of verbs on a terminal: wrapped lines, tables, colours, bars.

use super::harness::terminal::on_terminal;
use super::harness::{Sandbox, Texts};

#[test]
fn explain_wraps_long_lines_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    let long = "日本語 and more words ".repeat(5);
    let call = || sandbox.cachex_words(["explain", "--", "echo", &long]);
    let (seen, _) = on_terminal(call(), 24, 60).end();
    // An ideograph is two columns wide.
    let width = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    assert!(seen.lines().all(|line| width(line) <= 60), "{seen}");
    assert!(seen.lines().any(|line| width(line) > 50), "{seen}");
    let piped = sandbox.sh(&format!("cachex explain -- echo '{long}' 2>&1")).output().stdout_text();
    assert!(piped.lines().any(|line| line.contains(long.trim_end())), "{piped}");
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(solid(&seen), solid(&piped));
}

#[test]
fn tables_are_drawn_on_a_terminal_only() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.cachex("echo a-long-word-that-does-not-fit").output();
    }
    let seen = |words: &str, variable: &str| {
        on_terminal(sandbox.cachex(words).env(variable, "1"), 24, 60).end().0
    };
    for verb in ["list", "stats"] {
        let coloured = seen(verb, "X");
        assert!(coloured.contains("\u{1b}[1m") && coloured.contains("COMMAND"), "{coloured:?}");
        assert!(!seen(verb, "NO_COLOR").contains('\u{1b}'), "{verb}");
    }
    let listed = seen("list", "NO_COLOR");
    assert!(listed.contains("a-lo") && listed.contains("…\r\n"), "{listed:?}");
    assert!(seen("stats", "NO_COLOR").contains(" 50% █████     "), "{}", seen("stats", "X"));
}

#[test]
fn colours_mark_verdicts_and_differences() {
    let sandbox = Sandbox::new();
    sandbox.cachex("echo a").gives("a\n");
    let seen = |words: &str| on_terminal(sandbox.cachex(words), 24, 80).end().0;
    let doctor = seen("doctor");
    assert!(doctor.contains("\u{1b}[32mok\u{1b}[0m  directory  /"), "{doctor:?}");
    sandbox.sh("chmod 755 ../store").gives("");
    let doctor = seen("doctor");
    assert!(doctor.contains("\u{1b}[33mwarning\u{1b}[0m  directory  /"), "{doctor:?}");
    assert!(doctor.contains("\u{1b}[32mok\u{1b}[0m       files"), "{doctor:?}");
    let config = seen("config --all --ttl 1h");
    assert!(config.contains("\nttl                     1h "), "{config:?}");
    assert!(config.contains("\u{1b}[2mscope "), "{config:?}");
}

#[test]
fn stats_fit_the_terminal() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.cachex("echo a").env("PATH", "/usr/bin:/bin").gives("a\n");
    }
    let seen = on_terminal(sandbox.cachex("stats").env("NO_COLOR", "1"), 24, 80).end().0;
    assert!(
        seen.contains("HITS  MISSES  RATE             SAVED  ENTRIES  SIZE  COMMAND"),
        "{seen}"
    );
    assert!(seen.contains("   1       1   50% █████"), "{seen}");
    let narrow = on_terminal(sandbox.cachex("stats").env("NO_COLOR", "1"), 24, 40).end().0;
    assert!(narrow.contains("HITS  RATE  SAVED  COMMAND"), "{narrow}");
    assert!(narrow.contains("/bin/echo"), "{narrow}");
}
