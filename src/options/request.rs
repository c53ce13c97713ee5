//! The request: what is asked of a run, in the types of the domain.
//!
//! Defaults, and the meaning of options that belong together, are here. Nothing past this knows an option.

use super::layer::Layer;
use super::remote_in_force::sharing;
use super::sharing::Sharing;
use super::source::{Setting, Source};
use crate::exit::ExitCodes;
use crate::home;
use crate::inputs::PathGlob;
use crate::key::{KeySpec, TraceSpec, TraceTimes};
use crate::output_pattern::{OutputPatterns, OutputSpec};
use crate::output_streams::{OutputRequest, PtyMode};
use crate::policy::Policy;
use crate::progress::Spinner;
use crate::single_flight::is_nested;
use crate::size::Size;
use crate::store::DEFAULT_MAX_SIZE;
use crate::terminal::{Notices, escape_words};
use crate::time::Lifetime;
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// A command to run through the cache, and how.
#[derive(Debug)]
pub struct Request {
    /// The command line.
    pub words: Vec<OsString>,
    /// What counts in the key beside it.
    pub key: KeySpec,
    /// `--trace-ignore`.
    pub trace_ignored: Vec<PathGlob>,
    /// Which options were typed for this very call.
    pub typed: Typed,
    /// What becomes of its standard input.
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
    /// How its result is shared with other machines, if it is.
    pub sharing: Option<Sharing>,
    /// Why it is not, if an option speaks of sharing.
    pub not_shared: Option<&'static str>,
    /// The spinner's text, if one is to be shown.
    pub spinner: Option<OsString>,
    /// Its text while another run of the same is waited for.
    pub waiting: Option<OsString>,
    /// Its text while inputs are read.
    pub reading: Option<OsString>,
}

/// Options that were typed for this very call. If one of these finds nothing, that is more likely a slip than if it is set
/// for many calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--hash-with`.
    pub hashes: bool,
    /// `--file`.
    pub files: bool,
    /// `--env`.
    pub variables: bool,
}

/// When the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// When there is nothing to replay.
    OnMiss,
    /// Always, in the background: `--warm`.
    InBackground,
    /// Never: `--only-if-cached`.
    Never,
}

/// `--stdin` and `--no-stdin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StdinMode {
    /// It counts exactly if the command reads it.
    Auto,
    /// All of it counts.
    Read,
    /// It is left alone, and the command gets none.
    Ignore,
}

impl Request {
    /// The request for a command with these options.
    pub fn new(options: &Layer, words: Vec<OsString>, outputs: OutputPatterns) -> Self {
        let show_spinner = !options.no_spinner.is_on() && !is_nested() && Spinner::has_a_place();
        let text = |what: &str| show_spinner.then(|| about(what, &words));
        let spinner = options.spinner.value().cloned().filter(|_| show_spinner).map(OsString::from);
        let typed = Typed {
            hashes: is_flag(&options.hash_with),
            files: is_flag(&options.file),
            variables: is_flag(&options.env),
        };
        let policy = policy(options);
        let key = key_spec(options, outputs);
        let sharing = sharing(options);
        Self {
            stdin: match (
                options.stdin.is_on() || key.stdin_hash().is_some(),
                options.no_stdin.is_on(),
            ) {
                (true, _) => StdinMode::Read,
                (_, true) => StdinMode::Ignore,
                _ => StdinMode::Auto,
            },
            key,
            trace_ignored: options.trace_ignore.value_or(Vec::new()),
            typed,
            policy,
            execution: match (options.warm.is_on(), options.only_if_cached.is_on()) {
                (true, _) => Execution::InBackground,
                (_, true) => Execution::Never,
                _ => Execution::OnMiss,
            },
            no_store: options.no_store.is_on(),
            no_cache: options.no_cache.is_on(),
            max_entries: options.max_entries.value().copied(),
            max_output: options.max_output.value_or(Size::mebibytes(256)),
            max_size: options.max_size.value_or(DEFAULT_MAX_SIZE),
            not_shared: sharing.as_ref().err().copied().flatten(),
            sharing: sharing.ok(),
            spinner: spinner.or_else(|| text("Running")),
            waiting: text("Waiting for another run of"),
            reading: text("Reading the inputs of"),
            words,
        }
    }
}

/// Whether it was typed for this call.
fn is_flag<T>(setting: &Setting<T>) -> bool {
    setting.source() == Some(&Source::Flag)
}

fn policy(options: &Layer) -> Policy {
    Policy {
        ttl: options.ttl.value_or(Lifetime::Unlimited),
        failure_ttl: if options.discard_failures.is_on() {
            Lifetime::ZERO
        } else {
            options.failure_ttl.value_or(DEFAULT_FAILURE_TTL)
        },
        success: options.cache_exit.value_or(ExitCodes::default()),
        refresh: options.refresh.is_on(),
        stale_while_revalidate: options.stale_while_revalidate.value_or(Lifetime::ZERO),
        stale_if_error: options.stale_if_error.value_or(Lifetime::ZERO),
    }
}

const DEFAULT_FAILURE_TTL: Lifetime = Lifetime::For(Duration::from_mins(1));

/// A text for the spinner.
fn about(what: &str, words: &[OsString]) -> OsString {
    let command = escape_words(words);
    OsString::from(format!("{what} `{command}`"))
}

fn key_spec(options: &Layer, outputs: OutputPatterns) -> KeySpec {
    let spec = KeySpec {
        scope: options.scope.value_or(String::new()),
        texts: options.key.value_or(Vec::new()),
        variables: options.env.value_or(Vec::new()),
        files: options.file.value_or(Vec::new()),
        ignored: options.ignore_arg.value_or(Vec::new()),
        hashes: options.hash_with.value_or(Vec::new()),
        pure_environment: options.pure_env.is_on(),
        ignore_directory: options.ignore_cwd.is_on(),
        ignore_file_arguments: options.ignore_file_args.is_on(),
        trace: options.trace.is_on().then(|| TraceSpec {
            ignored: {
                let globs = options.trace_ignore.value_or(Vec::new());
                globs.iter().map(|glob| glob.text().into()).collect()
            },
            times: options.trace_times.value_or(TraceTimes::Exact),
        }),
        output_files: OutputSpec { named: outputs, finds_written: options.outputs.is_on() },
        outputs: OutputRequest {
            pty: options.pty.value_or(PtyMode::Never),
            warm: options.warm.is_on(),
        },
    };
    spec.sorted()
}

/// The directory of the store.
///
/// # Errors
/// When the user has no home to keep it in.
pub fn store_directory(options: &Layer) -> Result<PathBuf, String> {
    options
        .cache_dir
        .value()
        .cloned()
        .or_else(home::cache_directory)
        .ok_or_else(|| "no home directory to keep the store in; name one with --cache-dir".into())
}

/// How much to print on standard error.
pub fn notices(options: &Layer) -> Notices {
    Notices::new(options.quiet.is_on(), options.verbose.is_on())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::argv::CommandLine;

    fn request(words: &str) -> Request {
        let words: Vec<_> = format!("cachex {words}").split(' ').map(OsString::from).collect();
        let CommandLine { words, flags, .. } = CommandLine::read(&words).expect("a command line");
        Request::new(&flags, words, OutputPatterns::default())
    }

    #[test]
    fn the_defaults_are_as_the_help_has_them() {
        let Request { policy, max_output, max_size, max_entries, key, typed, .. } = request("ls");
        assert_eq!(policy.ttl, Lifetime::Unlimited);
        assert_eq!(policy.failure_ttl, "60s".parse().expect("a lifetime"));
        assert_eq!(policy.success, "0".parse().expect("codes"));
        assert_eq!(policy.stale_while_revalidate, Lifetime::ZERO);
        assert_eq!(policy.stale_if_error, Lifetime::ZERO);
        assert_eq!(max_output, "256MiB".parse().expect("a size"));
        assert_eq!(max_size, "2GiB".parse().expect("a size"));
        assert_eq!((max_entries, key.outputs.pty), (None, PtyMode::Never));
        assert_eq!(request("ls").sharing, None);
        assert_eq!(typed, Typed::default());
    }

    #[test]
    fn options_become_what_they_mean() {
        assert_eq!(request("ls").execution, Execution::OnMiss);
        assert_eq!(request("--warm ls").execution, Execution::InBackground);
        assert_eq!(request("--only-if-cached ls").execution, Execution::Never);
        assert_eq!(request("ls").stdin, StdinMode::Auto);
        assert_eq!(request("-n ls").stdin, StdinMode::Ignore);
        assert_eq!(request("--stdin ls").stdin, StdinMode::Read);
        assert_eq!(request("--hash-with stdin=sort ls").stdin, StdinMode::Read);
        assert_eq!(request("--discard-failures ls").policy.failure_ttl, Lifetime::ZERO);
        assert_eq!(request("--file x ls").typed, Typed { files: true, ..Typed::default() });
        assert_eq!(
            request("--hash-with env:A=cat ls").typed,
            Typed { hashes: true, ..Typed::default() }
        );
    }

    #[test]
    fn the_spinner_names_the_command() {
        let words = ["ls", "a b"].map(OsString::from);
        assert_eq!(about("Running", &words), "Running `ls 'a b'`");
    }

    #[test]
    fn the_order_of_options_does_not_matter() {
        let hashes = |words| request(words).key.hashes;
        let (a, b) = ("--hash-with env:A=cat", "--hash-with env:B=cat");
        assert_eq!(hashes(&format!("{a} {b} ls")), hashes(&format!("{b} {a} ls")));
        let ignored = |words| request(words).key.ignored;
        assert_eq!(
            ignored("--ignore-arg a --ignore-arg b ls"),
            ignored("--ignore-arg b --ignore-arg a ls")
        );
    }

    #[test]
    #[cfg(feature = "remote")]
    fn nothing_shows_a_secret_to_who_looks_for_faults() {
        use crate::options::files::file::ConfigFile;
        use crate::options::source::FileOwner;
        use std::path::Path;
        let text = "share = true\nremote = 'redis://hidden:hidden@localhost'\nremote-key = 'hidden'\n\
                    remote-sign-key = 'hidden'\nremote-token = 'hidden'\n";
        let (owner, path) = (FileOwner::User, Path::new("/f"));
        let file = ConfigFile::parse(text.as_bytes(), owner, path).expect("a file");
        let request = Request::new(&file.defaults, Vec::new(), OutputPatterns::default());
        let shown = format!("{file:?} {request:?}");
        assert!(request.sharing.is_some() && !shown.contains("hidden"), "{shown}");
    }
}
