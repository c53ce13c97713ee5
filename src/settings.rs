//! From flags, variables and files to one [`Request`] in the types of the domain.
//!
//! Nothing past this module knows of clap. Defaults live here.

use crate::cli::{Cli, CommonOptions, RunOptions, When};
use crate::config::{self, Configured, Findings, Settings, Source, Sources};
use crate::error::Error;
use crate::key::{ArgumentGlob, HashWith, KeySpec, VariableSelector, check_file_word};
use crate::nesting::is_nested;
use crate::outputs::Outputs;
use crate::policy::Policy;
use crate::progress::Spinner;
use crate::size::Size;
use crate::store::{DEFAULT_MAX_SIZE, default_directory};
use crate::terminal::{Notices, Stream, TerminalSize, escape_os, escape_words};
use crate::time::Lifetime;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// A command to run through the cache, and how.
#[derive(Debug)]
pub struct Request {
    /// The command line.
    pub words: Vec<OsString>,
    /// What counts beside it.
    pub key: KeySpec,
    /// Where its standard input comes from.
    pub stdin: StdinMode,
    /// What may be replayed and kept.
    pub policy: Policy,
    /// Whether the command may run.
    pub execution: Execution,
    /// `--no-store`.
    pub no_store: bool,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--max-entries`.
    pub max_entries: Option<NonZeroU64>,
    /// `--max-output`.
    pub max_output: Size,
    /// `--max-size`.
    pub max_size: Size,
    /// The spinner's text, if one is to be shown.
    pub spinner: Option<OsString>,
    /// Its text while another run of the same is waited for.
    pub waiting: Option<OsString>,
}

/// When the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// When there is nothing to replay.
    OnMiss,
    /// Always, and nobody waits for it: `--warm`.
    InBackground,
    /// In no case: `--only-if-cached`.
    Never,
}

/// `--stdin` and `--no-stdin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StdinMode {
    /// It counts exactly when the command reads it.
    Auto,
    /// All of it counts.
    Read,
    /// It is left alone.
    Ignore,
}

impl Request {
    /// The request that these options make.
    ///
    /// # Errors
    /// A usage error that quotes what cannot be understood.
    pub fn new(options: RunOptions, words: Vec<OsString>) -> Result<Self, Error> {
        let show_spinner = !options.no_spinner && !is_nested() && Spinner::has_a_place();
        let spinner = show_spinner.then(|| {
            options.spinner.as_ref().map_or_else(|| about("Running", &words), OsString::from)
        });
        let waiting = show_spinner.then(|| about("Waiting for another run of", &words));
        let key = key_spec(&options)?;
        if options.no_stdin && key.stdin_hash().is_some() {
            let problem = "--hash-with stdin=… and --no-stdin exclude each other";
            return Err(Error::Usage(problem.to_owned()));
        }
        Ok(Self {
            words,
            stdin: match (options.stdin || key.stdin_hash().is_some(), options.no_stdin) {
                (true, _) => StdinMode::Read,
                (_, true) => StdinMode::Ignore,
                _ => StdinMode::Auto,
            },
            key,
            policy: Policy {
                ttl: options.ttl.unwrap_or(Lifetime::Unlimited),
                failure_ttl: if options.discard_failures {
                    Lifetime::ZERO
                } else {
                    options.failure_ttl.unwrap_or(DEFAULT_FAILURE_TTL)
                },
                success: options.cache_exit.unwrap_or_default(),
                refresh: options.refresh,
                stale_while_revalidate: options.stale_while_revalidate.unwrap_or(Lifetime::ZERO),
                stale_if_error: options.stale_if_error.unwrap_or(Lifetime::ZERO),
            },
            execution: match (options.warm, options.only_if_cached) {
                (true, _) => Execution::InBackground,
                (_, true) => Execution::Never,
                _ => Execution::OnMiss,
            },
            no_store: options.no_store,
            no_cache: options.no_cache,
            max_entries: options.max_entries,
            max_output: options.max_output.unwrap_or(Size::mebibytes(256)),
            max_size: options.max_size.unwrap_or(DEFAULT_MAX_SIZE),
            spinner,
            waiting,
        })
    }
}

const DEFAULT_FAILURE_TTL: Lifetime = Lifetime::For(Duration::from_secs(60));

/// A text for the spinner.
fn about(what: &str, words: &[OsString]) -> OsString {
    let command = escape_words(words.iter().map(OsString::as_os_str));
    OsString::from(format!("{what} `{command}`"))
}

/// `--pty`.
fn wants_terminal(pty: Option<When>) -> bool {
    match pty {
        Some(When::Always) => true,
        Some(When::Auto) => Stream::Stdout.is_terminal(),
        Some(When::Never) | None => false,
    }
}

/// A request, and how it came about.
#[derive(Debug)]
pub struct Resolved {
    /// What is asked.
    pub request: Request,
    /// Where it comes from.
    pub sources: Sources,
    /// What is said about the files.
    pub findings: Findings,
}

/// The request that flags, variables and files make.
///
/// # Errors
/// A usage error when flags and variables make none. When only the files are at fault, they are left
/// out and the fault is among the findings.
pub fn resolve(configured: Configured) -> Result<Resolved, Error> {
    let Configured { cli, mut sources, mut findings } = configured;
    let request = match request(cli, &mut sources) {
        Err(problem) if !sources.settings().is_empty() => {
            let (cli, plain) = config::parse(Settings::new())?;
            findings.fault = Some(blame(&problem, &sources));
            sources = plain;
            self::request(cli, &mut sources)?
        }
        request => request?,
    };
    Ok(Resolved { request, sources, findings })
}

fn request(cli: Cli, sources: &mut Sources) -> Result<Request, Error> {
    let (options, words) = cli.into_call();
    Request::new(prefer_nearer(options, sources)?, words)
}

/// The problem, with the file that alone would cause it.
fn blame(problem: &Error, sources: &Sources) -> String {
    let culprit = sources.settings().iter().find_map(|(id, setting)| {
        let alone = Settings::from([(id.clone(), setting.clone())]);
        let (cli, mut sources) = config::parse(alone).ok()?;
        let problem = request(cli, &mut sources).err()?;
        Some(format!("{setting}: {problem}"))
    });
    config::in_one_line(&culprit.unwrap_or_else(|| problem.to_string()))
}

/// Leaves an option out where a nearer one says the opposite.
///
/// # Errors
/// A usage error when two flags, two variables, or two lines of a file exclude each other.
fn prefer_nearer(mut options: RunOptions, sources: &mut Sources) -> Result<RunOptions, Error> {
    let mut keeps_failures = options.failure_ttl.is_some();
    let RunOptions {
        stdin,
        no_stdin,
        refresh,
        warm,
        only_if_cached,
        no_store,
        discard_failures,
        ..
    } = &mut options;
    exclude(sources, ("stdin", stdin), ("no_stdin", no_stdin))?;
    exclude(sources, ("refresh", refresh), ("only_if_cached", only_if_cached))?;
    exclude(sources, ("warm", warm), ("only_if_cached", only_if_cached))?;
    exclude(sources, ("warm", warm), ("no_store", no_store))?;
    exclude(sources, ("failure_ttl", &mut keeps_failures), ("discard_failures", discard_failures))?;
    options.failure_ttl = options.failure_ttl.filter(|_| keeps_failures);
    Ok(options)
}

/// Turns one of two options off if both are on.
fn exclude(
    sources: &mut Sources,
    (first, first_is_on): (&str, &mut bool),
    (second, second_is_on): (&str, &mut bool),
) -> Result<(), Error> {
    if !(*first_is_on && *second_is_on) {
        return Ok(());
    }
    let (of_first, of_second) = (sources.of(first), sources.of(second));
    match of_first.nearness().cmp(&of_second.nearness()) {
        Ordering::Greater => {
            *second_is_on = false;
            sources.overrule(second);
        }
        Ordering::Less => {
            *first_is_on = false;
            sources.overrule(first);
        }
        Ordering::Equal => {
            let (first, second) = (first.replace('_', "-"), second.replace('_', "-"));
            return Err(Error::Usage(match of_first {
                Source::File(setting) => {
                    format!("{setting}: {first} and {second} exclude each other")
                }
                _ => format!("--{first} and --{second} exclude each other"),
            }));
        }
    }
    Ok(())
}

fn key_spec(options: &RunOptions) -> Result<KeySpec, Error> {
    let files =
        words("--file", &options.file, |word| check_file_word(word).map(|()| word.to_owned()))?;
    let mut hashes = words("--hash-with", &options.hash_with, HashWith::parse)?;
    // Their order must not matter.
    hashes.sort();
    Ok(KeySpec {
        scope: options.scope.clone().unwrap_or_default(),
        texts: options.key.clone(),
        variables: words("--env", &options.env, VariableSelector::parse)?,
        files,
        ignored: words("--ignore-arg", &options.ignore_arg, ArgumentGlob::parse)?,
        hashes,
        pure_environment: options.pure_env,
        ignore_directory: options.ignore_cwd,
        outputs: if wants_terminal(options.pty) {
            Outputs::Terminal { columns: TerminalSize::own().columns }
        } else if options.warm {
            // Nothing is written to ours, and what is recorded apart serves all.
            Outputs::Apart
        } else {
            Outputs::own()
        },
    })
}

/// What the words of an option mean; a usage error quotes the one that means nothing.
fn words<T>(
    option: &str,
    words: &[OsString],
    parse: impl Fn(&OsStr) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    // A list may end in a comma.
    let words = words.iter().filter(|word| option != "--env" || !word.is_empty());
    let parsed = words.map(|word| {
        parse(word).map_err(|problem| {
            Error::Usage(format!("invalid value '{}' for '{option}': {problem}", escape_os(word)))
        })
    });
    parsed.collect()
}

/// Where the store is.
///
/// # Errors
/// When the user has no home to keep it in.
pub fn store_directory(options: &CommonOptions) -> Result<PathBuf, String> {
    options
        .cache_dir
        .clone()
        .or_else(default_directory)
        .ok_or_else(|| "no home directory to keep the store in; name one with --cache-dir".into())
}

/// How much to say.
#[must_use]
pub fn notices(options: &CommonOptions) -> Notices {
    Notices::new(options.quiet, options.verbose)
}
