//! The command line as clap structs: names, help texts and defaults, and nothing else.
//!
//! What the options mean is decided in [`crate::options`]; the completions and the man pages are
//! rendered from these definitions.

mod plain;
mod run_options;
mod usage;
mod variables;
mod verbs;

pub use run_options::*;
pub use usage::{Usage, plain_text};
pub use variables::variables;
pub use verbs::*;

use variables::{blaming_variable, named_by, with_variables};

use crate::home;
use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Run a command through the cache: the second time its output, errors and exit code come back at once,
/// if its arguments, the content of its script or program, the working directory and what is named
/// below are the same.
///
/// Standard input counts exactly when the command reads it. Put `--` before a command whose name is also
/// a verb of cachex.
#[derive(Debug, Parser)]
#[command(
    name = "cachex",
    version,
    long_version = long_version(),
    override_usage = "cachex [OPTIONS] [--] COMMAND [ARGS]...\n       cachex VERB [OPTIONS]",
    disable_help_subcommand = true,
    args_override_self = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_help = EXAMPLES,
    after_long_help = AFTER_LONG_HELP,
    max_term_width = 100
)]
pub struct Cli {
    /// How COMMAND is run and stored.
    #[command(flatten)]
    pub run: RunOptions,
    /// What every verb takes.
    #[command(flatten)]
    pub common: CommonOptions,
    /// What to do with the store instead of running a command.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The command to run and its arguments, passed on byte for byte
    #[arg(trailing_var_arg = true, hide_short_help = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

impl Cli {
    /// The options and the command line of the run that is asked for, or asked about.
    #[must_use]
    pub fn call(&self) -> Option<(&RunOptions, &[OsString])> {
        match &self.verb {
            None => Some((&self.run, &self.command)),
            Some(Verb::Config(options)) => Some((&options.run, &options.command)),
            Some(Verb::Explain(options)) => Some((&options.run, &options.command)),
            Some(_) => None,
        }
    }

    /// The same, or those before the verb.
    #[must_use]
    pub fn into_call(self) -> (RunOptions, Vec<OsString>) {
        match self.verb {
            Some(Verb::Config(options)) => (options.run, options.command),
            Some(Verb::Explain(options)) => (options.run, options.command),
            _ => (self.run, self.command),
        }
    }
}

macro_rules! examples {
    () => {
        "\
Examples:
  cachex --ttl 1h -- ./report.sh --month 11
  cachex --env AWS_PROFILE,AWS_REGION --ttl 10min -- aws ec2 describe-instances
  cachex explain -- ./report.sh --month 11
  cachex clear -- ./report.sh"
    };
}

const EXAMPLES: &str = examples!();

const AFTER_LONG_HELP: &str = concat!(
    examples!(),
    "

Each option of a run is also a variable (`CACHEX_TTL=1h`, `CACHEX_REFRESH=1`) and a key of the \
configuration files; `cachex config` shows what is in force. `CACHEX_NO_CACHE=1` turns cachex off from \
outside.

Exit status: the command's own; 124 --only-if-cached found nothing, 125 cachex itself failed, 126 not \
executable, 127 not found, 2 usage. When signal n killed the command, cachex dies of n as well: a shell shows \
128+n for that."
);

/// The version, and that of the library that reads and writes the store.
fn long_version() -> String {
    let sqlite = rusqlite::ffi::SQLITE_VERSION.to_string_lossy();
    format!("{} (SQLite {sqlite})", env!("CARGO_PKG_VERSION"))
}

/// Options of every verb and of a run.
#[derive(Debug, Default, Args)]
pub struct CommonOptions {
    /// Say on standard error what was decided, and why
    #[arg(short, long, value_parser = BoolishValueParser::new(), global = true)]
    pub verbose: bool,
    /// Do not warn
    #[arg(short, long, value_parser = BoolishValueParser::new(), global = true)]
    pub quiet: bool,
    /// Keep the store in this directory
    ///
    /// In place of `cachex` in the user's cache directory.
    #[arg(long, value_parser = OsStringValueParser::new().try_map(directory), value_name = "DIR", global = true, value_hint = clap::ValueHint::DirPath)]
    pub cache_dir: Option<PathBuf>,
}

/// What our command line says, in both forms.
///
/// # Errors
/// What is to be shown where it cannot be understood, or is a call for help.
pub fn parse() -> Result<(Cli, ArgMatches), Usage> {
    let words = own_words();
    parse_words(&words).map_err(|error| Usage::new(error, &words))
}

/// What a command line says, in both forms; its first word is our own name.
///
/// # Errors
/// When it cannot be understood, or is a call for help.
pub fn parse_words(words: &[OsString]) -> Result<(Cli, ArgMatches), clap::Error> {
    let variables = variables::counted();
    if let Some(understood) = plain::parse(words, &variables) {
        return Ok(understood);
    }
    parse_in_full(words, &variables, Cli::command())
}

/// The same with all definitions.
fn parse_in_full(
    words: &[OsString],
    variables: &[OsString],
    command: clap::Command,
) -> Result<(Cli, ArgMatches), clap::Error> {
    let command = with_variables(command, variables);
    let blame = |error| blaming_variable(error, &command, words);
    let matches = command.clone().try_get_matches_from(words).map_err(blame)?;
    Ok((Cli::from_arg_matches(&matches)?, matches))
}

/// The definition of all that our command line may be.
#[must_use]
pub fn command() -> clap::Command {
    let needs_verbs = plain::may_need_verbs(&own_words());
    let command = if needs_verbs { Cli::command() } else { plain::command() };
    with_variables(command, &variables::counted())
}

fn own_words() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// When to do something that suits terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum When {
    Always,
    Auto,
    Never,
}

/// A path or a glob, in which a leading `~/` is the home directory. What takes one uses this.
fn path(word: OsString) -> Result<OsString, String> {
    home::expanded(word)
}

/// The path of a directory, likewise.
fn directory(word: OsString) -> Result<PathBuf, String> {
    if word.is_empty() {
        Err("expected the path of a directory".into())
    } else {
        path(word).map(Into::into)
    }
}

/// A selector of files in front of a command, likewise.
fn selector(word: OsString) -> Result<OsString, String> {
    const FILES: &[u8] = b"file:";
    let bytes = word.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    let Some(files) = bytes[..end].strip_prefix(FILES) else { return Ok(word) };
    let files = home::expanded(OsStr::from_bytes(files).to_owned())?;
    Ok(OsString::from_vec([FILES, files.as_bytes(), &bytes[end..]].concat()))
}
