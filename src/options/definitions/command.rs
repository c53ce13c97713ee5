//! The table and the verbs as one clap command, and the verbs alone.

use super::verbs::Verb;
use crate::options::layer::{Layer, RUN_OPTIONS, RunOption};
use crate::options::shape::{Secrecy, Shape, Takes, ValueKind};
use crate::options::source::Source;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{
    Arg, ArgAction, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint,
};
use std::ffi::OsString;

/// Run a command through the cache: later calls return its output and exit code at once, while its arguments,
/// program, directory and named inputs stay the same.
///
/// Standard input counts if the command reads it. Put `--` before a command that has the name of a verb.
#[derive(Debug, Parser)]
#[command(
    name = "cachex",
    version,
    long_version = long_version(),
    override_usage = "cachex [OPTIONS] [--] COMMAND [ARGS]...\n       cachex VERB [OPTIONS]",
    disable_help_subcommand = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{VARIABLES_AND_EXIT_STATUS}"),
    max_term_width = 100
)]
struct Frame {
    /// What to do with the store instead of running a command.
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The command to run and its arguments, passed on byte for byte
    #[arg(trailing_var_arg = true, hide_short_help = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  cachex --ttl 1h -- ./report.sh --month 11
  cachex --env AWS_PROFILE,AWS_REGION --ttl 10min -- aws ec2 describe-instances
  cachex explain -- ./report.sh --month 11
  cachex clear -- ./report.sh";

const VARIABLES_AND_EXIT_STATUS: &str = "\
Each option of a run is also a variable (`CACHEX_TTL=1h`, `CACHEX_REFRESH=1`) and a key of the \
configuration files. `cachex config` shows the options in force. `CACHEX_NO_CACHE=1` turns cachex off \
from outside.

Exit status: the command's own; 124 --only-if-cached found nothing, 125 cachex itself failed, 126 not \
executable, 127 not found, 2 usage error. If signal n kills the command, cachex dies of n, too: 128+n in \
a shell.";

/// The version, and that of the library that reads and writes the store.
fn long_version() -> String {
    let sqlite = rusqlite::ffi::SQLITE_VERSION.to_string_lossy();
    format!("{} (SQLite {sqlite})", env!("CARGO_PKG_VERSION"))
}

/// All that a command line may be.
pub fn command() -> Command {
    let flags = || RUN_OPTIONS.iter().filter(|option| option.shape.is_flag);
    let of_run = || flags().filter(|option| !option.is_common()).map(argument);
    let common = flags().filter(|option| option.is_common()).map(argument);
    let command = Frame::command().args(of_run()).args(common).args_override_self(true);
    command.mut_subcommands(|verb| {
        let takes_run_options = Verb::takes_run_options(verb.get_name());
        let verb = verb.args_override_self(true);
        if takes_run_options { verb.args(of_run()) } else { verb }
    })
}

/// Reads our name, a verb and its own options, without those of the table.
pub(in crate::options) fn parse_verb(words: Vec<OsString>) -> Result<Verb, clap::Error> {
    let command = Verb::augment_subcommands(Command::new("cachex").disable_help_subcommand(true))
        .mut_subcommands(|verb| verb.args_override_self(true));
    Verb::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// An option of the table.
fn argument(option: &'static RunOption) -> Arg {
    let Shape { name, alias, letter, takes, heading, is_rare, secrecy, .. } = option.shape;
    let (line, more) = help(option.help);
    let argument = Arg::new(name)
        .long(name)
        .short(letter)
        .help(line)
        .help_heading(heading)
        .hide_short_help(is_rare)
        .global(option.is_common());
    let argument = more.into_iter().fold(argument, Arg::long_help);
    let argument = alias.into_iter().fold(argument, Arg::visible_alias);
    let check = move |word: OsString| {
        let read = option.read(&mut Layer::default(), vec![word], Source::Flag);
        read.map_err(|bad| bad.reason)
    };
    let any_word = OsStringValueParser::new;
    let parser = || any_word().try_map(check);
    let valued = |kind: ValueKind, name| {
        let hint = match kind {
            ValueKind::Path => ValueHint::AnyPath,
            ValueKind::Directory => ValueHint::DirPath,
            _ => ValueHint::Unknown,
        };
        let signed = kind.may_be_signed();
        argument.clone().value_name(name).value_hint(hint).allow_hyphen_values(signed)
    };
    // For these an error in our own words is used.
    let many = |kind, name| valued(kind, name).action(ArgAction::Append).value_parser(any_word());
    match takes {
        Takes::Nothing => argument.action(ArgAction::SetTrue).value_parser(parser().map(|()| true)),
        // An error of clap would show the value.
        Takes::One(kind, name) if secrecy != Secrecy::None => {
            valued(kind, name).value_parser(any_word())
        }
        Takes::One(kind, name) => valued(kind, name).value_parser(parser()),
        Takes::Many(kind, name) => many(kind, name),
        Takes::Listed(kind, name) => many(kind, name).value_delimiter(','),
        Takes::Choice(words, name) => argument
            .value_name(name)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_values(words.first())
            .hide_possible_values(true)
            .value_parser(words.to_vec()),
    }
}

/// The first paragraph of a help text, and the whole of it if there are more: each paragraph on one line.
fn help(text: &str) -> (String, Option<String>) {
    let paragraphs = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    let paragraphs: Vec<_> = paragraphs.collect();
    let line = paragraphs.first().cloned().unwrap_or_default();
    let more = (paragraphs.len() > 1).then(|| paragraphs.join("\n\n"));
    (line, more)
}
