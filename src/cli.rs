//! The command line as clap structs: names, help texts and defaults, and nothing else.
//!
//! What the options mean is decided in [`crate::settings`]; the completions and the man pages are
//! rendered from these definitions.

mod verbs;

pub use verbs::*;

use crate::exit::ExitCodes;
use crate::nesting::is_nested;
use crate::size::Size;
use crate::time::Lifetime;
use clap::builder::{BoolishValueParser, OsStringValueParser, Resettable, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::path::PathBuf;

/// Run a command through the cache: the second time its output, errors and exit code come back at
/// once.
///
/// The result is stored under the content of the script, the arguments, the working directory and
/// the variables that --env selects. Put `--` before a command whose name is also a verb of cachex.
#[derive(Debug, Parser)]
#[command(
    name = "cachex",
    version,
    override_usage = "cachex [OPTIONS] [--] COMMAND [ARGS]...\n       cachex VERB [OPTIONS]",
    disable_help_subcommand = true,
    args_override_self = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_help = AFTER_HELP,
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
    #[arg(trailing_var_arg = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
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

const AFTER_HELP: &str = "\
Examples:
  cachex --ttl 1h -- ./report.sh --month 11
  cachex --env AWS_PROFILE,AWS_REGION --ttl 10m -- aws ec2 describe-instances
  cachex clear -- ./report.sh

Exit status: the command's own; 124 --only-if-cached missed, 125 cachex failed, 126 not executable,
127 not found, 128+n killed by signal n, 2 usage.";

/// Options of a run.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RunOptions {
    /// Let variables count in the key: names or globs (repeat, or separate with commas)
    #[arg(
        long,
        env = "CACHEX_ENV",
        hide_env = true,
        value_name = "NAME|GLOB",
        value_delimiter = ',',
        help_heading = "Key"
    )]
    pub env: Vec<OsString>,
    /// Let files count by their content: a path, a directory with all below it, or a glob (repeat for
    /// more)
    #[arg(long, env = "CACHEX_FILE", hide_env = true, value_name = "PATH|DIR|GLOB", value_hint = clap::ValueHint::AnyPath, help_heading = "Key")]
    pub file: Vec<OsString>,
    /// Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in
    /// a row (`--token *`) (repeat for more)
    #[arg(
        long,
        env = "CACHEX_IGNORE_ARG",
        hide_env = true,
        value_name = "GLOB",
        allow_hyphen_values = true,
        help_heading = "Key"
    )]
    pub ignore_arg: Vec<OsString>,
    /// Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`,
    /// `arg:GLOB` or stdin, then = and the command (repeat for more)
    #[arg(
        long,
        env = "CACHEX_HASH_WITH",
        hide_env = true,
        value_name = "SELECTOR=COMMAND",
        help_heading = "Key"
    )]
    pub hash_with: Vec<OsString>,
    /// Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR
    #[arg(long, env = "CACHEX_PURE_ENV", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub pure_env: bool,
    /// Let this text count in the key (repeat for more)
    #[arg(long, env = "CACHEX_KEY", hide_env = true, value_name = "TEXT", help_heading = "Key")]
    pub key: Vec<OsString>,
    /// Keep these entries apart from those of other scopes
    #[arg(long, env = "CACHEX_SCOPE", hide_env = true, value_name = "NAME", help_heading = "Key")]
    pub scope: Option<String>,
    /// Leave the working directory out of the key
    #[arg(long, env = "CACHEX_IGNORE_CWD", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub ignore_cwd: bool,
    /// Read standard input to its end, key it and give it to the command
    #[arg(long, env = "CACHEX_STDIN", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub stdin: bool,
    /// Give the command an empty standard input and leave the real one alone
    #[arg(short = 'n', long, env = "CACHEX_NO_STDIN", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub no_stdin: bool,

    /// Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]
    #[arg(
        long,
        env = "CACHEX_TTL",
        hide_env = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub ttl: Option<Lifetime>,
    /// The same for a failure [default: 60s, never longer than --ttl]
    #[arg(
        long,
        env = "CACHEX_FAILURE_TTL",
        hide_env = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub failure_ttl: Option<Lifetime>,
    /// For this long after that, replay at once all the same and renew in the background [default: 0]
    #[arg(
        long,
        env = "CACHEX_STALE_WHILE_REVALIDATE",
        hide_env = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub stale_while_revalidate: Option<Lifetime>,
    /// For this long after that, replay the last success when the command fails [default: 0]
    #[arg(
        long,
        env = "CACHEX_STALE_IF_ERROR",
        hide_env = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub stale_if_error: Option<Lifetime>,
    /// Run the command and store its result anew, whatever is stored
    #[arg(long, visible_alias = "force", env = "CACHEX_REFRESH", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub refresh: bool,
    /// The same in the background: print nothing, exit 0 at once
    #[arg(long, env = "CACHEX_WARM", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub warm: bool,
    /// Never run the command: replay, or exit 124 and say why
    #[arg(long, env = "CACHEX_ONLY_IF_CACHED", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub only_if_cached: bool,

    /// Keep at most N entries of this command, the expired and the oldest going first
    #[arg(
        long,
        value_parser = positive, env = "CACHEX_MAX_ENTRIES",
        hide_env = true,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_entries: Option<NonZeroU64>,
    /// Exit codes that count as success, as in 0,2 or 0-3 [default: 0]
    #[arg(
        long,
        env = "CACHEX_CACHE_EXIT",
        hide_env = true,
        value_name = "LIST",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub cache_exit: Option<ExitCodes>,
    /// Never store a failure
    #[arg(long, env = "CACHEX_DISCARD_FAILURES", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub discard_failures: bool,
    /// Do not store an output longer than this [default: 256MiB]
    #[arg(
        long,
        env = "CACHEX_MAX_OUTPUT",
        hide_env = true,
        value_name = "SIZE",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_output: Option<Size>,
    /// Replay what is stored, and store nothing
    #[arg(long, env = "CACHEX_NO_STORE", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub no_store: bool,

    /// The spinner's text [default: Running `COMMAND`]
    #[arg(
        long,
        env = "CACHEX_SPINNER",
        hide_env = true,
        value_name = "TEXT",
        help_heading = "Showing"
    )]
    pub spinner: Option<String>,
    /// Show no spinner
    #[arg(long, env = "CACHEX_NO_SPINNER", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Showing")]
    pub no_spinner: bool,
    /// Run the command on a terminal of its own, so that it shows colours: always, never, or auto
    /// for when standard output is a terminal [default: never]
    #[arg(
        long,
        env = "CACHEX_PTY",
        hide_env = true,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always",
        help_heading = "Showing"
    )]
    pub pty: Option<When>,

    /// Keep the whole store below this; the least recently used entries go first [default: 2GiB]
    #[arg(
        long,
        env = "CACHEX_MAX_SIZE",
        hide_env = true,
        value_name = "SIZE",
        allow_hyphen_values = true,
        help_heading = "Store"
    )]
    pub max_size: Option<Size>,
    /// Run the command as if cachex were not there
    #[arg(long, env = "CACHEX_NO_CACHE", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Store")]
    pub no_cache: bool,
}

/// Options of every verb and of a run.
#[derive(Debug, Args)]
pub struct CommonOptions {
    /// Keep the store in this directory instead of the user's cache directory
    #[arg(long, value_parser = OsStringValueParser::new().try_map(directory), env = "CACHEX_CACHE_DIR", hide_env = true, value_name = "DIR", global = true, value_hint = clap::ValueHint::DirPath, help_heading = "Store")]
    pub cache_dir: Option<PathBuf>,
    /// Say on standard error what was decided, and why
    #[arg(short, long, env = "CACHEX_VERBOSE", hide_env = true, value_parser = BoolishValueParser::new(), global = true, help_heading = "Showing")]
    pub verbose: bool,
    /// Do not warn
    #[arg(short, long, env = "CACHEX_QUIET", hide_env = true, value_parser = BoolishValueParser::new(), global = true, help_heading = "Showing")]
    pub quiet: bool,
}

/// The command line without verbs: a definition that takes a third of the time to make, and most
/// calls need no more.
#[derive(Debug, Parser)]
#[command(name = "cachex", version, args_override_self = true)]
struct Plain {
    #[command(flatten)]
    run: RunOptions,
    #[command(flatten)]
    common: CommonOptions,
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What our command line says; ends the process where that is an error, or a call for help.
#[must_use]
pub fn parse() -> ArgMatches {
    if !may_need_verbs()
        && let Ok(matches) = adapted(Plain::command()).try_get_matches()
    {
        return matches;
    }
    let command = adapted(Cli::command());
    command
        .clone()
        .try_get_matches()
        .unwrap_or_else(|error| blaming_variable(error, &command).exit())
}

/// The error, with the variable that a bad value comes from: the user may not know that it is set.
fn blaming_variable(mut error: clap::Error, command: &clap::Command) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(option), Some(value)) =
        (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue))
    else {
        return error;
    };
    let is_typed = |word: OsString| word.to_string_lossy().ends_with(&value);
    let name = option.trim_start_matches('-').split(['[', '=', ' ']).next();
    let known = command.get_arguments().find(|known| known.get_long() == name);
    let variable = known.and_then(clap::Arg::get_env);
    if let Some(variable) = variable
        && std::env::var_os(variable).is_some_and(|set| set == *value)
        && !std::env::args_os().skip(1).any(is_typed)
    {
        let tip = format!("the value is that of the variable {}", variable.display());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The definition of our command line.
#[must_use]
pub fn command() -> clap::Command {
    adapted(if may_need_verbs() { Cli::command() } else { Plain::command() })
}

fn may_need_verbs() -> bool {
    let helps = ["-h", "--help", "-V", "--version"];
    let may = |word: OsString| {
        word.to_str().is_some_and(|word| helps.contains(&word) || Verb::has_subcommand(word))
    };
    std::env::args_os().skip(1).any(may)
}

/// The definition for the environment as it is: an empty variable is no value, and when the off switch
/// is set no other variable counts, but for where the store is.
fn adapted(command: clap::Command) -> clap::Command {
    let value = |name: &OsStr| std::env::var_os(name).unwrap_or_default();
    let is_off =
        |value: &OsStr| ["", "0", "false", "no", "off", "n", "f"].iter().any(|off| value == *off);
    let switch = OsStr::new("CACHEX_NO_CACHE");
    let off = !is_off(&value(switch));
    // Not for a cachex inside of what is being warmed, whose output is awaited.
    let inside = |name: &OsStr| name == "CACHEX_WARM" && is_nested();
    let counts_always = |name: &OsStr| name == switch || name == "CACHEX_CACHE_DIR";
    let reset = |argument: clap::Arg| match argument.get_env() {
        Some(name) if value(name).is_empty() || inside(name) || (off && !counts_always(name)) => {
            argument.env(Resettable::Reset)
        }
        _ => argument,
    };
    command.mut_args(reset).mut_subcommands(|verb| verb.mut_args(reset))
}

/// When to do something that suits terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum When {
    Always,
    Auto,
    Never,
}

/// A path that can be one.
fn directory(path: OsString) -> Result<PathBuf, &'static str> {
    if path.is_empty() { Err("expected the path of a directory") } else { Ok(path.into()) }
}

/// A whole number from 1.
fn positive(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "expected a whole number from 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_without_verbs_has_the_same_options() {
        let options = |command: clap::Command| {
            let ids = command.get_arguments().map(|option| {
                (option.get_id().to_string(), format!("{:?}", option.get_num_args()))
            });
            ids.collect::<Vec<_>>()
        };
        assert_eq!(options(Plain::command()), options(Cli::command()));
    }
}
