//! `cachex` memoizes any command: the second time, its output, its errors and its exit code come
//! back at once from a local store.
//!
//! This is the inside of the program, for those who change it. For what it does see `README.md`, for
//! how to change it `CONTRIBUTING.md`. It is a library only so that tests, benchmarks and fuzz targets reach
//! the parts: nothing here is stable.
//!
//! # Two laws
//!
//! **Transparent**: a miss behaves as the bare command, a hit as the recorded miss did, and a fault of
//! the cache changes neither. **Sound**: what cannot be proved to be the same is not replayed.
//!
//! So where a module finds that something cannot be read, decided or stored, there is one answer: the
//! command runs as without cachex, and one line of warning says why.
//!
//! # The model
//!
//! An entry is a *key*, *conditions* and a *recording*.
//!
//! | | known | says |
//! |---|---|---|
//! | [`key::Key`] | before the command runs | its words, the content of its script, its directory, chosen variables and files: a digest of the [`key::Fingerprint`] |
//! | [`entry::Condition`] | only while it runs | whether it read its standard input, and what that was |
//! | [`recording::Recording`] | in the end | its output in order of arrival, and how it ended |
//!
//! A look-up finds the entries of the key, its variants, and replays the first whose conditions hold now.
//!
//! # The path of a request
//!
//! ```text
//! command line, variables, files ── options ──┐
//!                                             ▼ Request
//!                    key::observe: how the world stands
//!                                             ▼ Fingerprint, Key
//!         store: the variants of the key ── policy: may one be replayed?
//!                     │ yes                                 │ no
//!                     ▼                                     ▼
//!                  replay                 claim ── runner ── policy: may it be kept? ── fill
//!                     └──────────────── Exit ───────────────┘
//! ```
//!
//! [`commands::run::run`] reads like that picture. What is above it chooses, what is below it does one thing
//! each: [`key`] alone reads the world for the key, [`policy`] alone decides, [`runner`] alone starts the command,
//! [`store`] alone touches the database, [`terminal`] alone writes to our streams.
//!
//! Modules use only those of lower layers, by the table in `tests/architecture.rs`:
//!
//! | layer | modules |
//! |---|---|
//! | 5 | [`commands`] |
//! | 4 | [`options`] |
//! | 3 | [`store`], [`runner`], [`replay`], [`policy`] |
//! | 2 | [`stdin`], [`entry`] |
//! | 1 | [`key`], [`recording`], [`progress`] |
//! | 0 | [`error`], [`outputs`], [`terminal`], [`inherited`], [`die_with_parent`], [`memory_file`], [`file_lock`], [`single_flight`], [`home`], [`ownership`], [`private_directory`], [`exit`], [`size`], [`hex`], [`time`] |

mod call;
pub mod commands;
pub mod die_with_parent;
pub mod entry;
pub mod error;
pub mod exit;
pub mod file_lock;
pub mod hex;
pub mod home;
pub mod inherited;
pub mod key;
pub mod memory_file;
pub mod options;
pub mod output_streams;
pub mod ownership;
pub mod policy;
pub mod private_directory;
pub mod progress;
pub mod recording;
pub mod replay;
pub mod runner;
pub mod single_flight;
pub mod size;
pub mod stdin;
pub mod store;
pub mod terminal;
pub mod time;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
use error::Error;
use exit::Exit;
use options::{Cli, CommonOptions, Configured, Findings, Request, Resolved, Usage, Verb};
use std::path::PathBuf;
use terminal::{Notices, Stream};

/// Parses the command line, does what it asks, and tells a failure once. The exit status.
#[must_use]
pub fn main() -> u8 {
    inherited::prepare();
    let (cli, given) = match options::definitions::parse() {
        Ok(understood) => understood,
        Err(usage) => return show_usage(&usage),
    };
    match dispatch(Configured::read(cli, given)) {
        Ok(exit) => {
            if let Exit::Signal(signal) = exit {
                runner::die_of(signal);
            }
            exit.status()
        }
        Err(error) => {
            terminal::print_error(&error);
            error.exit_code()
        }
    }
}

/// Shows how the program is called, or why it cannot be called so. The exit status.
fn show_usage(usage: &Usage) -> u8 {
    let stream = if usage.is_error { Stream::Stderr } else { Stream::Stdout };
    let styled = usage.styled.as_ref().filter(|_| stream.shows_colours());
    let shown = styled.map_or_else(
        || terminal::print(stream, &usage.plain),
        |styled| terminal::print_styled(stream, styled),
    );
    // There is nobody left to tell when that fails.
    let _ = shown;
    usage.code
}

fn dispatch(configured: Configured) -> Result<Exit, Error> {
    refuse_run_options(configured.sources.matches())?;
    let notices = options::notices(&configured.cli.common);
    let store = || store_to_look_after(&configured.cli.common, &configured.findings, &notices);
    let done = |()| Exit::Code(0);
    match configured.cli.verb {
        None => {
            let (request, directory) = requested(configured, &notices)?;
            commands::run::run(&request, directory, &notices)
        }
        Some(Verb::Explain(ref options)) => {
            let json = options.json;
            let untrusted = configured.findings.untrusted.clone();
            let (request, directory) = requested(configured, &notices)?;
            commands::explain::run(&request, directory, untrusted.as_ref(), &notices, json)
                .map(done)
        }
        Some(Verb::Config(ref options)) => {
            let (all, json) = (options.all, options.json);
            let directory = options::store_directory(&configured.cli.common).ok();
            let resolved = options::resolve(configured)?;
            resolved.findings.tell(&notices);
            commands::config::run(&resolved, directory.as_deref(), all, json).map(done)
        }
        Some(Verb::Trust(options)) => commands::trust::run(&options).map(done),
        Some(Verb::Clear(options)) => {
            if options.filters.command.is_empty() && ends_in_two_dashes() {
                // As from `clear -- $COMMAND` with nothing in the variable.
                let problem = "no command after --; to forget everything: cachex clear";
                return Err(Error::Usage(problem.to_owned()));
            }
            commands::clear::run(&options, &store()?, &notices).map(done)
        }
        Some(Verb::List(options)) => commands::list::run(&options, &store()?, &notices).map(done),
        Some(Verb::Show(options)) => commands::show::run(&options, &store()?, &notices).map(done),
        Some(Verb::Stats(options)) => commands::stats::run(&options, &store()?, &notices).map(done),
        Some(Verb::Prune(options)) => {
            let max_size = options.max_size.or(configured.cli.run.store.max_size);
            commands::prune::run(max_size, options.dry_run, &store()?, &notices).map(done)
        }
        Some(Verb::Doctor) => commands::doctor::run(&store()?),
        Some(Verb::Completions { shell }) => commands::completions::run(shell).map(done),
    }
}

/// What is asked of a command, and where its store is or why there can be none.
fn requested(
    configured: Configured,
    notices: &Notices,
) -> Result<(Request, Result<PathBuf, String>), Error> {
    let directory = options::store_directory(&configured.cli.common);
    let Resolved { request, findings, .. } = options::resolve(configured)?;
    Ok((request, findings.usable(directory, notices)))
}

/// The directory of the store, for a verb that is not about a command. Its name may be in the file that
/// cannot be understood.
fn store_to_look_after(
    options: &CommonOptions,
    findings: &Findings,
    notices: &Notices,
) -> Result<PathBuf, Error> {
    if let (Some(fault), None) = (&findings.fault, &options.cache_dir) {
        let advice = "name the store with --cache-dir, or mend the file";
        return Err(Error::Failed(format!("{fault}: where the store is is not known; {advice}")));
    }
    findings.tell(notices);
    options::store_directory(options).map_err(Error::Failed)
}

/// Options of a run before a verb would be ignored without a word; they show that a command of the
/// verb's name was meant.
fn refuse_run_options(matches: &ArgMatches) -> Result<(), Error> {
    let Some(verb) = matches.subcommand_name() else { return Ok(()) };
    let common = ["cache_dir", "verbose", "quiet"];
    let given = matches.ids().map(clap::Id::as_str).find(|id| {
        matches.value_source(id) == Some(ValueSource::CommandLine)
            && !common.contains(id)
            && Cli::command().get_arguments().any(|argument| argument.get_id() == id)
    });
    let Some(id) = given else { return Ok(()) };
    let option = id.replace('_', "-");
    Err(Error::Usage(format!(
        "--{option} does not go with the verb `{verb}`; for a command of that name: \
         cachex --{option} … -- {verb}"
    )))
}

fn ends_in_two_dashes() -> bool {
    std::env::args_os().next_back().is_some_and(|word| word == "--")
}
