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
    assert!(listed.contains("echo") && listed.contains("…"), "{listed:?}");
    assert!(listed.contains("-fit\r\n"), "{listed:?}");
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

#[test]
fn paths_on_a_terminal_are_short_and_keep_their_ends() {
    let sandbox = Sandbox::new();
    let home = std::fs::canonicalize(&sandbox.dir).expect("there");
    let deep = "a-directory/with-many/levels-below/it-and-a-long/name";
    let script = sandbox.script(&format!("{deep}/report.sh"), "echo hi");
    sandbox.cachex(&format!("{} --month 11", script.display())).gives("hi\n");
    let seen = |verb: &str, columns| {
        let call = sandbox.cachex(verb).env("HOME", &home.display().to_string());
        on_terminal(call.env("NO_COLOR", "1"), 24, columns).end().0
    };
    let wide = seen("list", 200);
    assert!(wide.contains(&format!(" ~/{deep}/report.sh --month 11\r\n")), "{wide}");
    assert!(seen("stats", 200).contains(&format!(" ~/{deep}/report.sh\r\n")), "{wide}");
    let narrow = seen("list", 80);
    assert!(narrow.contains(" ~/a-") && narrow.contains("…"), "{narrow}");
    assert!(narrow.contains(".sh --month 11\r\n"), "{narrow}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    assert!(seen("stats", 80).contains("port.sh\r\n"), "{}", seen("stats", 80));
    let piped = sandbox.cachex("list").env("HOME", &home.display().to_string()).output();
    assert!(piped.stdout_text().contains(&format!(" {} --month 11\n", script.display())));
}
