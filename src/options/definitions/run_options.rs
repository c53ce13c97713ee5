//! The options of a run, in groups as the help has them.

use super::{When, path, selector};
use crate::exit::ExitCodes;
use crate::size::Size;
use crate::time::Lifetime;
use clap::Args;
use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
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
    /// Let these variables count (repeat, or use commas)
    ///
    /// Names, or globs such as `AWS_*`. A variable counts by its value, or by being unset; values are
    /// never stored.
    #[arg(long, value_name = "NAME|GLOB", value_delimiter = ',', help_heading = "Key")]
    pub env: Vec<OsString>,
    /// Let these files count by their content (repeat)
    ///
    /// A path, a directory with all below it (names, kinds, exec bits, link targets, contents), or a
    /// glob, in which `*` stops at `/` and leaves hidden files out, and `**` goes into directories. A
    /// file that is not there is a state of its own.
    #[arg(long, value_parser = OsStringValueParser::new().try_map(path), value_name = "PATH|DIR|GLOB", value_hint = clap::ValueHint::AnyPath, help_heading = "Key")]
    pub file: Vec<OsString>,
    /// Leave these arguments out of the key (repeat)
    ///
    /// A glob for a whole word (`--token=*`), or with a space for words in a row (`--token *`).
    #[arg(
        long,
        hide_short_help = true,
        value_name = "GLOB",
        allow_hyphen_values = true,
        help_heading = "Key"
    )]
    pub ignore_arg: Vec<OsString>,
    /// Let an input count as what a command prints for it (repeat)
    ///
    /// SELECTOR is `file:GLOB` (of the files of --file), `env:NAME`, `arg:N`, `arg:GLOB` or `stdin`.
    /// COMMAND is run by `sh -c` with the raw value on its standard input, as in
    /// `--hash-with 'stdin=jq -cS .'`.
    #[arg(long, hide_short_help = true, value_parser = OsStringValueParser::new().try_map(selector), value_name = "SELECTOR=COMMAND", help_heading = "Key")]
    pub hash_with: Vec<OsString>,
    /// Give the command only the variables of --env
    ///
    /// And PATH, HOME, USER, LOGNAME and TMPDIR. What else it might depend on it cannot see.
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub pure_env: bool,
    /// Let this text count too (repeat)
    #[arg(long, hide_short_help = true, value_name = "TEXT", help_heading = "Key")]
    pub key: Vec<OsString>,
    /// Keep these entries apart from those of other scopes
    #[arg(long, hide_short_help = true, value_name = "NAME", help_heading = "Key")]
    pub scope: Option<String>,
    /// Leave the working directory out of the key
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub ignore_cwd: bool,
    /// Let files among the arguments count by their names alone
    ///
    /// Without this an argument that names a regular file counts by the file's content too: as a whole word, behind a `=`,
    /// an `@` or the letters of options, or before or behind a `:`. Directories count by their names.
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub ignore_file_args: bool,
    /// Read standard input to its end, and let it count
    ///
    /// The command is given it. Without this and -n, what comes through a pipe counts exactly when the command reads it,
    /// and a file counts in any case.
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub stdin: bool,
    /// Leave standard input alone: the command gets none
    #[arg(short = 'n', long, value_parser = BoolishValueParser::new(), help_heading = "Key")]
    pub no_stdin: bool,
}

/// How old a result may be that is replayed.
#[derive(Debug, Default, Args)]
pub struct FreshnessOptions {
    /// Replay what is younger than this [default: none]
    ///
    /// `90` is seconds; `1h 30min`, `1.5 days`; `0` replays never, `none` for ever. Age counts from
    /// the end of the run; reading extends nothing.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub ttl: Option<Lifetime>,
    /// The same for a failure [default: 60s]
    ///
    /// Never longer than --ttl. A failure is an exit code that is not among those of --cache-exit.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Freshness")]
    pub failure_ttl: Option<Lifetime>,
    /// For so long after --ttl, replay and renew in the background [default: 0]
    ///
    /// The old result comes at once. One renewal runs, however many callers there are.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub stale_while_revalidate: Option<Lifetime>,
    /// For so long after --ttl, replay if the command fails [default: 0]
    ///
    /// The command runs; if it fails its last success is replayed in its place, with a warning.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "DURATION",
        allow_hyphen_values = true,
        help_heading = "Freshness"
    )]
    pub stale_if_error: Option<Lifetime>,
    /// Run the command, and store anew
    #[arg(long, visible_alias = "force", value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub refresh: bool,
    /// The same in the background: print nothing, exit 0 at once
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub warm: bool,
    /// Never run the command: replay, or exit 124
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Freshness")]
    pub only_if_cached: bool,
}

/// What is stored.
#[derive(Debug, Default, Args)]
pub struct StoringOptions {
    /// Exit codes that count as success [default: 0]
    ///
    /// As in `0,2` or `0-3`. Others are failures: kept for --failure-ttl.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "LIST",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub cache_exit: Option<ExitCodes>,
    /// Never store a failure
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub discard_failures: bool,
    /// Keep at most N entries of this command
    ///
    /// What has expired goes first, then the oldest.
    #[arg(
        long,
        hide_short_help = true,
        value_parser = positive,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_entries: Option<NonZeroU64>,
    /// Do not store an output longer than this [default: 256MiB]
    ///
    /// It still streams in full.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SIZE",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_output: Option<Size>,
    /// Replay what is stored, and store nothing
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub no_store: bool,
}

/// What is seen while the command runs.
#[derive(Debug, Default, Args)]
pub struct ShowingOptions {
    /// Run it on a terminal, for its colours [default: never]
    ///
    /// It has the size of the real one, and the output is one stream. WHEN is `always` (also if left out),
    /// `never`, or `auto`: when standard output is a terminal.
    #[arg(
        long,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always",
        hide_possible_values = true,
        help_heading = "Showing"
    )]
    pub pty: Option<When>,
    /// The spinner's text [default: Running `COMMAND`]
    #[arg(long, hide_short_help = true, value_name = "TEXT", help_heading = "Showing")]
    pub spinner: Option<String>,
    /// Show no spinner
    #[arg(long, value_parser = BoolishValueParser::new(), help_heading = "Showing")]
    pub no_spinner: bool,
}

/// The store as a whole.
#[derive(Debug, Default, Args)]
pub struct StoreOptions {
    /// Keep the whole store below this [default: 2GiB]
    ///
    /// The least recently used entries go first.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SIZE",
        allow_hyphen_values = true,
        help_heading = "Storing"
    )]
    pub max_size: Option<Size>,
    /// Run the command as if cachex were not there
    #[arg(long, hide_short_help = true, value_parser = BoolishValueParser::new(), help_heading = "Storing")]
    pub no_cache: bool,
}

/// A whole number from 1.
fn positive(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "expected a whole number from 1".to_owned())
}
