//! The completions and the man pages match the command line's definition.
//!
//! `CACHEX_REGENERATE=1 cargo test --test generated` writes them anew.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod completions;
mod man;

use clap_complete::Shell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn check(path: &str, content: &[u8]) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("CACHEX_REGENERATE").is_some() {
        fs::write(&path, content).expect("written");
    }
    let stored = fs::read(&path).unwrap_or_default();
    assert!(
        stored == content,
        "{} is not up to date: CACHEX_REGENERATE=1 cargo test --test generated",
        path.display()
    );
}

#[test]
fn completions_are_up_to_date() {
    for (shell, file) in [
        (Shell::Bash, "cachex.bash"),
        (Shell::Zsh, "_cachex"),
        (Shell::Fish, "cachex.fish"),
        (Shell::Elvish, "cachex.elv"),
        (Shell::PowerShell, "_cachex.ps1"),
    ] {
        check(&format!("completions/{file}"), completions::script(shell).as_bytes());
    }
}

#[test]
fn man_pages_are_up_to_date() {
    for (path, page) in man::pages() {
        check(&path, page.as_bytes());
    }
}

#[test]
fn man_pages_have_no_faults() {
    for (path, _) in man::pages() {
        for width in [60, 80, 200] {
            let width = format!("-rLL={width}n");
            let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
            let mut groff = Command::new("groff");
            groff.args(["-ww", "-man", "-Tutf8", &width]).arg(page);
            let Ok(output) = groff.output() else {
                return skipped("groff", "the man pages");
            };
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{path} {width}");
        }
    }
}

/// Reports that something is skipped, even if the test passes: the test runner captures only the output of macros.
fn skipped(missing: &str, what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped for lack of {missing}: {what}");
}

/// A directory with the files of the examples, and a store that holds the report.
fn example_directory() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    let setup =
        "mkdir -p bin src .zfunc .config/fish/completions; echo '{}' > data.json; touch Cargo.lock .cachex.toml; cachex trust >/dev/null
        for name in report.sh status.sh bin/aws bin/cargo bin/curl bin/git bin/terraform; do
            printf '#!/bin/sh\\necho done\\n' > $name; chmod +x $name
        done
        cachex -- ./report.sh --month 11";
    run_example(root.path(), setup);
    root
}

fn run_example(root: &Path, line: &str) {
    let bin = Path::new(env!("CARGO_BIN_EXE_cachex")).parent().expect("a directory");
    let path = std::env::var("PATH").expect("a path");
    let path = format!("{}:{}:{path}", bin.display(), root.join("bin").display());
    let output = Command::new("bash")
        .args(["-c", line])
        .current_dir(root)
        .env("HOME", root)
        .env("PATH", path)
        .env("GITHUB_STEP_SUMMARY", root.join("summary"))
        .env_remove("CACHEX_CACHE_DIR")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("started");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "$ {line}");
    assert!(output.status.success(), "$ {line}");
}

#[test]
fn examples_of_man_pages_can_be_followed() {
    let has_jq = Command::new("jq").arg("--version").output().is_ok();
    if !has_jq {
        skipped("jq", "examples of the man pages");
    }
    for page in man::examples() {
        assert!(!page.is_empty());
        let root = example_directory();
        for line in page.iter().filter(|line| has_jq || !line.contains("jq")) {
            run_example(root.path(), line);
        }
    }
}
