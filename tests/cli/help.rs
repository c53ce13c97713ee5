//! The layout of `-h` and `--help`.

use super::harness::{Sandbox, Texts};

const VERBS: [&str; 14] = [
    "",
    "clear",
    "explain",
    "list",
    "show",
    "config",
    "prune",
    "remote",
    "doctor",
    "stats",
    "completions",
    "init",
    "man",
    "help",
];

fn help(verb: &str, option: &str) -> String {
    let sandbox = Sandbox::new();
    let output = sandbox.cachex(&format!("{verb} {option}")).env("COLUMNS", "80").output();
    output.stdout_text()
}

#[test]
fn the_short_help_has_a_line_for_each_option() {
    for verb in VERBS {
        let help = help(verb, "-h");
        let continued = |line: &&str| line.starts_with("          ");
        assert_eq!(help.lines().find(continued), None, "{verb}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{verb}: {help}");
    }
}

#[test]
fn the_short_help_is_short() {
    let help = help("", "-h");
    assert!(help.lines().count() < 47, "{help}");
}

#[test]
fn the_long_help_names_every_option_and_exit_status() {
    let help = help("", "--help").split_whitespace().collect::<Vec<_>>().join(" ");
    for option in ["--env", "--hash-with", "--stale-if-error", "--max-output", "--no-cache"] {
        assert!(help.contains(&format!(" {option} ")), "{option}: {help}");
    }
    for code in ["124 ", "125 ", "126 ", "127 ", "128+n ", "2 usage"] {
        assert!(help.contains(code), "{code}: {help}");
    }
}

#[test]
fn the_long_version_names_sqlite() {
    let output = |option| Sandbox::new().cachex(option).output().stdout_text();
    let short = concat!("cachex ", env!("CARGO_PKG_VERSION"));
    assert_eq!(output("-V"), format!("{short}\n"));
    assert_eq!(output("--version"), format!("{short} (SQLite {})\n", rusqlite::version()));
}
