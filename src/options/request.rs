//! From flags, variables and files to one [`Request`] in the types of the domain.
//!
//! Nothing past this module knows of clap, of variables or of files. Defaults live here. What cannot be
//! understood is a usage error that quotes it, before anything runs.

use crate::error::Error;
use crate::home;
use crate::key::{ArgumentGlob, HashWith, KeySpec, VariableSelector, check_file_word};
use crate::options::definitions::{CommonOptions, KeyOptions, RunOptions, When};
use crate::output_streams::{OutputRequest, PtyMode};
use crate::policy::Policy;
use crate::progress::Spinner;
use crate::single_flight::is_nested;
use crate::size::Size;
use crate::store::DEFAULT_MAX_SIZE;
use crate::terminal::{Notices, escape_os, escape_words};
use crate::time::Lifetime;
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
    /// What was typed for this very call.
    pub typed: Typed,
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
    /// Its text while inputs are read.
    pub reading: Option<OsString>,
}

/// Options that were typed for a call and not set for many: what they miss is more likely a slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--hash-with`.
    pub hashes: bool,
    /// `--file`.
    pub files: bool,
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
        let RunOptions { key, freshness, storing, showing, store } = options;
        let show_spinner = !showing.no_spinner && !is_nested() && Spinner::has_a_place();
        let spinner = show_spinner.then(|| {
            showing.spinner.as_ref().map_or_else(|| about("Running", &words), OsString::from)
        });
        let waiting = show_spinner.then(|| about("Waiting for another run of", &words));
        let reading = show_spinner.then(|| about("Reading the inputs of", &words));
        let (no_stdin, reads_stdin) = (key.no_stdin, key.stdin);
        let outputs = OutputRequest { pty: pty_mode(showing.pty), warm: freshness.warm };
        let key = key_spec(&key, outputs)?;
        if no_stdin && key.stdin_hash().is_some() {
            let problem = "--hash-with stdin=… and --no-stdin exclude each other";
            return Err(Error::Usage(problem.to_owned()));
        }
        Ok(Self {
            words,
            stdin: match (reads_stdin || key.stdin_hash().is_some(), no_stdin) {
                (true, _) => StdinMode::Read,
                (_, true) => StdinMode::Ignore,
                _ => StdinMode::Auto,
            },
            key,
            typed: Typed::default(),
            policy: Policy {
                ttl: freshness.ttl.unwrap_or(Lifetime::Unlimited),
                failure_ttl: if storing.discard_failures {
                    Lifetime::ZERO
                } else {
                    freshness.failure_ttl.unwrap_or(DEFAULT_FAILURE_TTL)
                },
                success: storing.cache_exit.unwrap_or_default(),
                refresh: freshness.refresh,
                stale_while_revalidate: freshness.stale_while_revalidate.unwrap_or(Lifetime::ZERO),
                stale_if_error: freshness.stale_if_error.unwrap_or(Lifetime::ZERO),
            },
            execution: match (freshness.warm, freshness.only_if_cached) {
                (true, _) => Execution::InBackground,
                (_, true) => Execution::Never,
                _ => Execution::OnMiss,
            },
            no_store: storing.no_store,
            no_cache: store.no_cache,
            max_entries: storing.max_entries,
            max_output: storing.max_output.unwrap_or(Size::mebibytes(256)),
            max_size: store.max_size.unwrap_or(DEFAULT_MAX_SIZE),
            spinner,
            waiting,
            reading,
        })
    }
}

const DEFAULT_FAILURE_TTL: Lifetime = Lifetime::For(Duration::from_mins(1));

/// A text for the spinner.
fn about(what: &str, words: &[OsString]) -> OsString {
    let command = escape_words(words.iter().map(OsString::as_os_str));
    OsString::from(format!("{what} `{command}`"))
}

/// `--pty`.
fn pty_mode(when: Option<When>) -> PtyMode {
    match when {
        Some(When::Always) => PtyMode::Always,
        Some(When::Auto) => PtyMode::Auto,
        Some(When::Never) | None => PtyMode::Never,
    }
}

fn key_spec(options: &KeyOptions, outputs: OutputRequest) -> Result<KeySpec, Error> {
    let files =
        words("--file", &options.file, |word| check_file_word(word).map(|()| word.to_owned()))?;
    let mut ignored = words("--ignore-arg", &options.ignore_arg, ArgumentGlob::parse)?;
    let mut hashes = words("--hash-with", &options.hash_with, HashWith::parse)?;
    // Their order must not matter.
    ignored.sort();
    hashes.sort();
    Ok(KeySpec {
        scope: options.scope.clone().unwrap_or_default(),
        texts: options.key.clone(),
        variables: words("--env", &options.env, VariableSelector::parse)?,
        files,
        ignored,
        hashes,
        pure_environment: options.pure_env,
        ignore_directory: options.ignore_cwd,
        ignore_file_arguments: options.ignore_file_args,
        outputs,
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
        .or_else(home::cache_directory)
        .ok_or_else(|| "no home directory to keep the store in; name one with --cache-dir".into())
}

/// How much to say.
#[must_use]
pub fn notices(options: &CommonOptions) -> Notices {
    Notices::new(options.quiet, options.verbose)
}
