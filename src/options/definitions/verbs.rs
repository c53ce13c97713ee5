//! The verbs, and the options that each has beside those of the table: clap reads these.
//!
//! What they do is in [`crate::commands`].

use crate::options::values::directory;
use crate::size::Size;
use crate::time::Lifetime;
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::mem::take;
use std::path::PathBuf;

/// Reads the number of an entry.
fn number(word: &str) -> Result<i64, &'static str> {
    word.parse().map_err(|_| "not the number of an entry")
}

/// What to do instead of running a command.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Say whether a command would hit or miss, and why
    ///
    /// Shows each part of the key with a short digest, and names what differs from the nearest entry. Only the
    /// commands of --hash-with run, and nothing is taken from standard input. Values of variables are not shown.
    Explain(ExplainOptions),
    /// List the stored entries, newest first
    List(ListOptions),
    /// Show one entry, or its recorded output
    Show(ShowOptions),
    /// Show how often entries were replayed, and the time that saved
    Stats(StatsOptions),
    /// Remove entries: all, those of a command or a call, or one
    Clear(ClearOptions),
    /// Remove expired entries, then shrink the store to --max-size
    ///
    /// An entry expires by the --ttl of the call that stored it. After the expired entries the least recently used
    /// ones go, until the store is below --max-size. The space is given back. A damaged store that was set aside a
    /// week ago goes too.
    Prune(PruneOptions),
    /// Show the options in force, and where each comes from
    Config(ConfigOptions),
    /// Trust the configuration file of a project
    ///
    /// A `.cachex.toml` counts only while you trust its exact content. Until then commands run uncached, with a
    /// warning. Prints what the file sets, then trusts it.
    Trust(TrustOptions),
    /// Make the secrets of a remote, check it, or push what waits
    ///
    /// `keygen` prints new secrets, and where each belongs. `check` puts, fetches and deletes a small object, and says
    /// what works: exit 1 if --remote-mode asks for more than that, with what helps on the last line. `flush` pushes the
    /// results that wait and waits for the end, for the last line of a CI job: exit 1 if some were refused or still wait.
    /// What was pushed before is not counted. The remote is that of --remote in a variable or in the user's file.
    Remote(RemoteOptions),
    /// Check the store, and say how to fix what is wrong
    ///
    /// Checks the directory, modes, free space, the database, the checksum of every entry, locks, and whether commands can
    /// be traced. Each line says `ok`, `warning` or `problem`. Changes nothing.
    #[command(after_help = "Exit status: 0 if there is no problem, 1 otherwise.")]
    Doctor,
    /// Print what a shell's start file needs: completions and `memo`
    ///
    /// For bash, put `eval "$(cachex init bash)"` into `~/.bashrc`, for zsh `eval "$(cachex init zsh)"` into
    /// `~/.zshrc`, for fish `cachex init fish | source` into `~/.config/fish/config.fish`.
    ///
    /// Then `memo NAME [OPTIONS]` makes a function of the shell, so that NAME runs through cachex with these options.
    /// `unmemo NAME` removes the function, and `memo` alone lists them. `memo` leaves an alias or a function of that name
    /// alone, and `memo --replace NAME` takes its place.
    Init {
        /// The shell
        #[arg(value_parser = PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|name| Shell::from_str(&name, false)))]
        shell: Shell,
    },
    /// Print the manual page of cachex or of a verb, as roff
    ///
    /// `cachex man | man -l -` shows it.
    #[command(override_usage = "cachex man [VERB]")]
    Man {
        /// The verb
        #[arg(value_parser = OsStringValueParser::new().try_map(|word| known_verb(&word)))]
        verb: Option<String>,
    },
    /// Print the completion script of a shell
    ///
    /// For bash, put `eval "$(cachex completions bash)"` into `~/.bashrc`. For zsh, save the script as `_cachex`
    /// in a directory of `$fpath`. For fish, save it as `~/.config/fish/completions/cachex.fish`. `cachex init` prints
    /// the completions and more.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the help of cachex, or of a verb
    #[command(hide = true, override_usage = "cachex help [VERB]")]
    Help {
        /// The verb
        #[arg(value_parser = OsStringValueParser::new().try_map(|word| known_verb(&word)))]
        verb: Option<String>,
    },
}

/// The name of a verb.
fn known_verb(word: &OsStr) -> Result<String, &'static str> {
    let name = word.to_str().filter(|word| Verb::has_subcommand(word));
    name.map(str::to_owned).ok_or("no such verb")
}

impl Verb {
    /// Whether the verb of this name takes the options of a run.
    pub(in crate::options) fn takes_run_options(name: &str) -> bool {
        matches!(name, "explain" | "config")
    }

    /// Whether the verb of this name takes a command after `--`.
    pub(in crate::options) fn takes_command(name: &str) -> bool {
        matches!(name, "clear" | "config" | "explain" | "list" | "show")
    }

    /// Whether it needs a store.
    pub(in crate::options) fn uses_store(&self) -> bool {
        !matches!(
            self,
            Self::Completions { .. }
                | Self::Help { .. }
                | Self::Init { .. }
                | Self::Man { .. }
                | Self::Trust(_)
                | Self::Remote(RemoteOptions { action: RemoteAction::Keygen, .. })
        )
    }

    /// Whether it asks about a call.
    pub(in crate::options) fn is_about_call(&self) -> bool {
        matches!(
            self,
            Self::Explain(_) | Self::Config(_) | Self::Clear(ClearOptions { remote: true, .. })
        )
    }

    /// Whether the options of the verb of this name end at its first operand, as those of a run do.
    pub(in crate::options) fn ends_at_command(name: &str) -> bool {
        name == "explain"
    }

    /// Takes the command line of the call that it asks about; `None` for other verbs.
    pub(in crate::options) fn take_call(&mut self) -> Option<Vec<OsString>> {
        match self {
            Self::Explain(options) => Some(take(&mut options.command)),
            Self::Config(options) => Some(take(&mut options.command)),
            // Its own entries are cleared by the same words.
            Self::Clear(options) if options.remote => Some(options.filters.command.clone()),
            _ => None,
        }
    }
}

/// `cachex remote`.
#[derive(Debug, Args)]
pub struct RemoteOptions {
    /// What to do
    pub action: RemoteAction,
    /// How long `flush` may take [default: 60s]
    #[arg(long, value_name = "DURATION", default_value = "60s", hide_default_value = true)]
    pub timeout: Lifetime,
}

/// What to do with a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum RemoteAction {
    Keygen,
    Check,
    Flush,
}

/// `cachex clear`.
#[derive(Debug, Args)]
#[command(
    override_usage = "cachex clear [OPTIONS] [-- COMMAND [ARGS]...]\n       cachex clear [--dry-run] ID",
    after_help = "\
Without COMMAND and ID every entry is removed. COMMAND alone means all its calls, whatever their arguments; COMMAND \
with ARGS means that argument list, in every directory. For `python3 x.py` the words up to the script name \
the command. An entry has to pass every filter to be removed."
)]
pub struct ClearOptions {
    /// The number of one entry, as `cachex list` shows it
    #[arg(value_parser = number, conflicts_with_all = ["command", "exact", "prefix", "scope", "expired", "older_than"])]
    pub id: Option<i64>,
    /// Which entries to remove.
    #[command(flatten)]
    pub filters: FilterOptions,
    /// Clear the result of the call on the remote too
    ///
    /// For all machines: they run the command when they next ask. The call is the one that `cachex COMMAND ARGS` would
    /// make here and now, with the options in variables and configuration files. Needs --remote-mode read-write. Entries
    /// in the stores of other machines stay.
    #[arg(long, conflicts_with_all = ["id", "prefix", "scope", "expired", "older_than"])]
    pub remote: bool,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Which entries a verb is about.
#[derive(Debug, Args)]
pub struct FilterOptions {
    /// Only the call with exactly these ARGS (or none)
    #[arg(long, requires = "command", conflicts_with = "prefix", help_heading = "Filters")]
    pub exact: bool,
    /// All calls whose arguments start with ARGS
    #[arg(long, requires = "command", help_heading = "Filters")]
    pub prefix: bool,
    /// Only this scope ('' for entries without one)
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub scope: Option<String>,
    /// Only expired entries
    ///
    /// By the --ttl of the call that stored them. A later call may ask for another.
    #[arg(long, help_heading = "Filters")]
    pub expired: bool,
    /// Only entries at least this old
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, help_heading = "Filters")]
    pub older_than: Option<Lifetime>,
    /// Only entries of this command
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `cachex explain`, beside the options of a run.
#[derive(Debug, Args)]
#[command(
    override_usage = "cachex explain [OPTIONS] [--] COMMAND [ARGS]...",
    after_help = "Takes every option of a run, and answers for a run with these options."
)]
pub struct ExplainOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The command and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `cachex list`.
#[derive(Debug, Args)]
#[command(override_usage = "cachex list [OPTIONS] [-- COMMAND [ARGS]...]")]
pub struct ListOptions {
    /// Which entries to list.
    #[command(flatten)]
    pub filters: FilterOptions,
    /// Only calls in this directory
    #[arg(long, help_heading = "Filters")]
    pub here: bool,
    /// At most this many entries
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// By age, size, time, hits or used [default: age]
    ///
    /// The list begins with the newest, the most output, the longest run, the most hits, or the last used.
    #[arg(
        long,
        value_name = "BY",
        default_value = "age",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub sort: SortKey,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SortKey {
    Age,
    Size,
    Time,
    Hits,
    Used,
}

/// `cachex show`.
#[derive(Debug, Args)]
#[command(
    override_usage = "cachex show [OPTIONS] ID\n       cachex show [OPTIONS] -- COMMAND [ARGS]..."
)]
pub struct ShowOptions {
    /// The number that `cachex list` shows
    #[arg(value_parser = number, required_unless_present = "command", conflicts_with = "command")]
    pub id: Option<i64>,
    /// Print the recorded standard output, byte for byte
    #[arg(long)]
    pub stdout: bool,
    /// Print the recorded standard error, byte for byte
    #[arg(long, conflicts_with = "stdout")]
    pub stderr: bool,
    /// Print a file that the command wrote, byte for byte
    #[arg(long, value_name = "PATH", conflicts_with_all = ["stdout", "stderr"])]
    pub output: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["stdout", "stderr", "output"])]
    pub json: bool,
    /// Show the newest entry of this call
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `cachex config`, beside the options of a run.
#[derive(Debug, Args)]
#[command(
    override_usage = "cachex config [OPTIONS] [-- COMMAND [ARGS]...]",
    after_help = "\
Without COMMAND, shows the options for a command that no rule matches. Takes every option of a run, and answers \
for a run with these options. Your own file is `~/.config/cachex/config.toml` (on macOS \
`~/Library/Application Support/cachex/config.toml`), and that of a project is `.cachex.toml`."
)]
pub struct ConfigOptions {
    /// Show defaults, too
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Show the options for this command
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// `cachex trust`.
#[derive(Debug, Args)]
#[command(
    override_usage = "cachex trust [DIR]\n       cachex trust --revoke [DIR]\n       cachex trust --list [--json]",
    after_help = "\
Even a trusted file cannot set --hash-with, --cache-dir and others that only your own file may set. To see what it \
would set for a command, run `cachex config -- COMMAND`. In CI, `CACHEX_TRUST=DIR` trusts every file in DIR and below."
)]
pub struct TrustOptions {
    /// Revoke the trust
    #[arg(long)]
    pub revoke: bool,
    /// List the files that are trusted
    #[arg(long, conflicts_with_all = ["revoke", "directory"])]
    pub list: bool,
    /// Print JSON
    #[arg(long, requires = "list")]
    pub json: bool,
    /// The directory of the `.cachex.toml` [default: the nearest one, here or above]
    #[arg(value_parser = OsStringValueParser::new().try_map(|word| directory(&word)), value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}

/// `cachex prune`.
#[derive(Debug, Args)]
pub struct PruneOptions {
    /// Keep the whole store below this [default: 2GiB]
    ///
    /// The least recently used entries go first. `CACHEX_MAX_SIZE` and the configuration set it too.
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub max_size: Option<Size>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `cachex stats`.
#[derive(Debug, Args)]
#[command(after_help = "\
A hit is a replay; a miss is a run that was stored, also in the background. Runs that stored nothing are not \
counted. The totals outlive the entries: `cachex clear` removes them with the command.")]
pub struct StatsOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print a Markdown table, as for the summary of a CI job
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

/// A shell with a completion script.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}
