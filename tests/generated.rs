//! The completions and the man pages are what the command line's definition gives.
//!
//! `CACHEX_REGENERATE=1 cargo test --test generated` writes them anew.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod completions;

use cachex::cli::Cli;
use clap::CommandFactory;
use clap::builder::Resettable;
use clap_complete::Shell;
use clap_mangen::roff::{Roff, bold, roman};
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
        check(&format!("completions/{file}"), completions::script(shell).as_bytes());
    }
}

/// What a page has beside what the command line's definition says.
struct Page {
    page: Vec<u8>,
}

impl Page {
    fn section(&mut self, title: &str, body: &Roff) {
        let mut roff = Roff::new();
        roff.control("SH", [title]);
        self.write(&roff);
        self.write(body);
    }

    fn write(&mut self, roff: &Roff) {
        roff.to_writer(&mut self.page).expect("written");
    }
}

/// Terms, each with what it means.
fn terms<'t>(terms: impl IntoIterator<Item = (&'t str, String)>) -> Roff {
    let mut roff = Roff::new();
    for (term, meaning) in terms {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
    roff
}

fn text(text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.text([roman(text)]);
    roff
}

fn pairs<const N: usize>(pairs: [(&'static str, &str); N]) -> Roff {
    terms(pairs.map(|(term, meaning)| (term, meaning.to_owned())))
}

const EXAMPLES: [(&str, &str); 6] = [
    ("cachex --ttl 1h -- ./report.sh --month 11", "Replay the report for an hour."),
    (
        "cachex --env AWS_PROFILE,AWS_REGION --ttl 10m -- aws ec2 describe-instances",
        "Keep the results of each profile and region apart.",
    ),
    (
        "cachex --file src --file Cargo.lock -- cargo doc",
        "Run again when one of these files changed.",
    ),
    (
        "PS1='$(cachex --ttl 5s --stale-while-revalidate 1h -- ./status.sh) $ '",
        "A prompt that never waits.",
    ),
    ("cachex explain -- ./report.sh --month 11", "Say why it would, or would not, run."),
    ("cachex clear -- ./report.sh", "Forget the report for all months."),
];

const EXIT_STATUS: [(&str, &str); 7] = [
    ("the command's own", "when it ran or was replayed"),
    ("128+n", "signal n killed the command"),
    ("124", "--only-if-cached found nothing to replay"),
    ("125", "cachex itself failed"),
    ("126", "the command cannot be executed"),
    ("127", "there is no such command"),
    ("2", "the command line cannot be understood; nothing ran"),
];

const EXIT_STATUS_OF_VERBS: [(&str, &str); 3] = [
    ("0", "done, also where there was nothing to do"),
    ("125", "the store cannot be used, or the answer not be written"),
    ("2", "the command line cannot be understood"),
];

const FILES: [(&str, &str); 2] = [
    (
        "$XDG_CACHE_HOME/cachex/cachex.db, ~/.cache/cachex/cachex.db",
        "The store, an SQLite database, with files of its own beside it. On macOS it is in ~/Library/Caches. \
         A damaged one is set aside as cachex.db.damaged.",
    ),
    (
        "cachex.lock, claims, uses",
        "Beside the database: the lock of its setting up, the rights to run one key, and what was used.",
    ),
];

/// Each variable with the option that it stands for.
fn environment(command: &clap::Command) -> Roff {
    let meaning = |option: &clap::Arg| Some(format!("as --{}", option.get_long()?));
    let mut variables: Vec<_> = cachex::cli::variables(command)
        .into_iter()
        .filter_map(|(option, variable)| Some((variable, meaning(option)?)))
        .collect();
    variables.push((
        "CACHEX_ACTIVE".to_owned(),
        "set by cachex for the commands it runs, to the keys that are being filled".to_owned(),
    ));
    variables.sort();
    variables.dedup();
    terms(variables.iter().map(|(name, meaning)| (name.as_str(), meaning.clone())))
}

#[test]
fn man_pages_are_up_to_date() {
    let mut command = Cli::command();
    // Lets the verbs have the options that are common to all.
    command.build();
    let version = format!("cachex {}", env!("CARGO_PKG_VERSION"));
    let render = |command: clap::Command, name: &str| {
        let is_main = name == "cachex";
        let variables = environment(&command);
        let command = if is_main {
            // It says in short what the sections below say.
            command.after_help(Resettable::Reset).subcommand_help_heading("VERBS")
        } else {
            command
        };
        let man = clap_mangen::Man::new(command)
            .title(name.to_uppercase())
            .source(version.clone())
            .manual("User commands");
        let mut page = Page { page: Vec::new() };
        man.render(&mut page.page).expect("rendered");
        if is_main {
            page.section("EXIT STATUS", &pairs(EXIT_STATUS));
            page.section("ENVIRONMENT", &variables);
            page.section("FILES", &pairs(FILES));
            page.section("EXAMPLES", &pairs(EXAMPLES));
        } else {
            if name == "cachex-doctor" {
                page.section("EXIT STATUS", &pairs([("1", "there is a problem")]));
            } else {
                page.section("EXIT STATUS", &Roff::new());
            }
            page.write(&pairs(EXIT_STATUS_OF_VERBS));
            page.section("SEE ALSO", &text("cachex(1), for the files and variables too"));
        }
        check(&format!("man/{name}.1"), &page.page);
    };
    for verb in command.get_subcommands() {
        let name = format!("cachex-{}", verb.get_name());
        let page: &'static str = Box::leak(name.clone().into_boxed_str());
        render(verb.clone().name(page).bin_name(name.replace('-', " ")), &name);
    }
    render(command, "cachex");
}
