//! The completions and the man pages are what the command line's definition gives.
//!
//! `CACHEX_REGENERATE=1 cargo test --test generated` writes them anew.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use cachex::cli::Cli;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::fs;
use std::path::{Path, PathBuf};

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
        let mut script = Vec::new();
        generate(shell, &mut Cli::command(), "cachex", &mut script);
        check(&format!("completions/{file}"), &script);
    }
}

#[test]
fn man_pages_are_up_to_date() {
    let mut command = Cli::command();
    // Lets the verbs have the options that are common to all.
    command.build();
    let version = format!("cachex {}", env!("CARGO_PKG_VERSION"));
    let render = |command: clap::Command, name: &str| {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .title(name.to_uppercase())
            .source(version.clone())
            .manual("User commands")
            .render(&mut page)
            .expect("rendered");
        check(&format!("man/{name}.1"), &page);
    };
    for verb in command.get_subcommands() {
        let name = format!("cachex-{}", verb.get_name());
        let page: &'static str = Box::leak(name.clone().into_boxed_str());
        render(verb.clone().name(page).bin_name(name.replace('-', " ")), &name);
    }
    render(command, "cachex");
}
