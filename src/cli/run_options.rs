//! The options of a run, in groups as the help has them.

use super::When;
use crate::exit::ExitCodes;
use crate::size::Size;
use crate::time::Lifetime;
use clap::Args;
use clap::builder::BoolishValueParser;
use std::ffi::OsString;
use std::num::NonZeroU64;

/// Options of a run.
#[derive(Debug, Default, Args)]
#[allow(missing_docs, reason = "each group says what it is")]
pub struct RunOptions {
    #[command(flatten)]
    pub key: KeyOptions,
    #[command(flatten)]
    pub freshness: FreshnessOptions,
    #[command(flatten)]
    pub storing: StoringOptions,
    #[command(flatten)]
    pub showing: ShowingOptions,
    #[command(flatten)]
    pub store: StoreOptions,
}

/// What counts in the key.
#[derive(Debug, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct KeyOptions {
    /// Let variables count in the key: names or globs (repeat, or separate with commas)
    #[arg(long, value_name = "NAME|GLOB", value_delimiter = ',', help_heading = "Key")]
    pub env: Vec<OsString>,
    /// Let files count by their content: a path, a directory with all below it, or a glob (repeat for
    /// more)
    #[arg(long, value_name = "PATH|DIR|GLOB", value_hint = clap::ValueHint::AnyPath, help_heading = "Key")]
    pub file: Vec<OsString>,
    /// Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in
    /// a row (`--token *`) (repeat for more)
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true, help_heading = "Key")]
    pub ignore_arg: Vec<OsString>,
    /// Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`,
    /// `arg:GLOB` or stdin, then = and the command (repeat for more)
    #[arg(long, value_name = "SELECTOR=COMMAND", help_heading = "Key")]
    pub hash_with: Vec<OsString>,
    /// Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub pure_env: bool,
    /// Let this text count in the key (repeat for more)
    #[arg(long, value_name = "TEXT", help_heading = "Key")]
    pub key: Vec<OsString>,
    /// Keep these entries apart from those of other scopes
    #[arg(long, value_name = "NAME", help_heading = "Key")]
    pub scope: Option<String>,
    /// Leave the working directory out of the key
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub ignore_cwd: bool,
    /// Read standard input to its end, key it and give it to the command
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub stdin: bool,
    /// Give the command an empty standard input and leave the real one alone
    #[arg(short = 'n', long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub no_stdin: bool,
}

/// How old a result may be that is replayed.
#[derive(Debug, Default, Args)]
pub struct FreshnessOptions {
    /// Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub ttl: Option<Lifetime>,
    /// The same for a failure [default: 60s, never longer than --ttl]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub failure_ttl: Option<Lifetime>,
    /// For this long after that, replay at once all the same and renew in the background [default: 0]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub stale_while_revalidate: Option<Lifetime>,
    /// For this long after that, replay the last success when the command fails [default: 0]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub stale_if_error: Option<Lifetime>,
    /// Run the command and store its result anew, whatever is stored
    #[arg(long, visible_alias = "force", value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub refresh: bool,
    /// The same in the background: print nothing, exit 0 at once
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub warm: bool,
    /// Never run the command: replay, or exit 124 and say why
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub only_if_cached: bool,
}

/// What is stored.
#[derive(Debug, Default, Args)]
pub struct StoringOptions {
    /// Keep at most N entries of this command, the expired and the oldest going first
    #[arg(
        long,
        value_parser = positive,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_entries: Option<NonZeroU64>,
    /// Exit codes that count as success, as in 0,2 or 0-3 [default: 0]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = "Storing")]
    pub cache_exit: Option<ExitCodes>,
    /// Never store a failure
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub discard_failures: bool,
    /// Do not store an output longer than this [default: 256MiB]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, help_heading = "Storing")]
    pub max_output: Option<Size>,
    /// Replay what is stored, and store nothing
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub no_store: bool,
}

/// What is seen while the command runs.
#[derive(Debug, Default, Args)]
pub struct ShowingOptions {
    /// The spinner's text [default: Running `COMMAND`]
    #[arg(long, value_name = "TEXT", help_heading = "Showing")]
    pub spinner: Option<String>,
    /// Show no spinner
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Showing")]
    pub no_spinner: bool,
    /// Run the command on a terminal of its own, so that it shows colours: always, never, or auto
    /// for when standard output is a terminal [default: never]
    #[arg(
        long,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always",
        help_heading = "Showing"
    )]
    pub pty: Option<When>,
}

/// The store as a whole.
#[derive(Debug, Default, Args)]
pub struct StoreOptions {
    /// Keep the whole store below this; the least recently used entries go first [default: 2GiB]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, help_heading = "Store")]
    pub max_size: Option<Size>,
    /// Run the command as if cachex were not there
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Store")]
    pub no_cache: bool,
}

/// A whole number from 1.
fn positive(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "expected a whole number from 1".to_owned())
}
