//! The table of options, and the [`Layer`]: what one place gives for each option.
//!
//! argv, the variables and each table of a file become a layer. [`Layer::over`] puts a nearer one over a farther
//! one. Everything else about an option comes from its row: how it is read, its help, its variable, its key in a file.
//! What an option means is not known here, but in [`super::request`].

use super::shape::Shape;
use super::shape::Takes::{Choice, Listed, Many, Nothing, One};
use super::shape::ValueKind::{Directory, Path, Quantities, Quantity, Text, Words};
use super::sharing::{self, RemoteMode, SecretText};
use super::source::{Given, Setting, Source};
use super::values::{self, BadValue, PTY, all, last, switch};
use crate::exit::ExitCodes;
use crate::inputs::PathGlob;
use crate::key::{ArgumentGlob, HashWith, TraceTimes, VariableSelector};
use crate::output_pattern::OutputPattern;
use crate::output_streams::PtyMode;
use crate::size::Size;
use crate::time::Lifetime;
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// An option of a run.
pub struct RunOption {
    /// What it looks like.
    pub shape: Shape,
    /// Its help: one line, and after an empty line the rest of the long help.
    pub(super) help: &'static str,
    /// Reads its words into a layer.
    pub(super) set: fn(&mut Layer, Vec<OsString>, Source) -> Result<(), BadValue>,
    /// What a layer has for it.
    pub(super) given: fn(&Layer) -> Option<&Given>,
}

/// Makes the layer and the table from `name: type = function that reads it, shape;` for each option.
macro_rules! options {
    ($($(#[doc = $help:literal])+ $name:ident: $value:ty = $read:expr, $shape:expr;)+) => {
        /// What one place gives for each option.
        #[derive(Clone, Debug, Default)]
        pub struct Layer {
            $($(#[doc = $help])+ pub $name: Setting<$value>,)+
        }

        impl Layer {
            /// This layer, with the farther one where it has nothing.
            pub fn over(self, farther: Self) -> Self {
                Self { $($name: self.$name.or(farther.$name),)+ }
            }
        }

        /// Every option of a run, in the order of the help.
        pub static RUN_OPTIONS: &[RunOption] = &[$(RunOption {
            shape: $shape,
            help: concat!($($help, "\n"),+),
            set: |layer, words, source| {
                let value = if words.is_empty() { None } else { Some($read(&words)?) };
                let words = sharing::shown($shape.secrecy, words);
                layer.$name = Setting::new(value, Given { words, source });
                Ok(())
            },
            given: |layer| layer.$name.given(),
        },)+];
    };
}

options! {
    /// Add variables to the key (repeat, or use commas)
    ///
    /// Names, or globs such as `AWS_*`. A variable counts by its value, or as unset. Values are
    /// never stored.
    env: Vec<VariableSelector> = all(VariableSelector::parse),
        Shape::new("env", Listed(Text, "NAME|GLOB")).under(KEY);

    /// Add the content of files to the key (repeat)
    ///
    /// A path, a directory with everything below it (names, kinds, exec bits, link targets, contents), or a
    /// glob: `*` matches neither `/` nor hidden files, `**` goes into directories. A missing file differs from an
    /// empty one.
    file: Vec<OsString> = all(values::files),
        Shape::new("file", Many(Path, "PATH|DIR|GLOB")).under(KEY);

    /// Leave these arguments out of the key (repeat)
    ///
    /// A glob for one word (`--token=*`), or with a space for several words in a row (`--token *`).
    ignore_arg: Vec<ArgumentGlob> = all(ArgumentGlob::parse),
        Shape::new("ignore-arg", Many(Words, "GLOB")).under(KEY).rare();

    /// Hash the output of a command in place of an input (repeat)
    ///
    /// SELECTOR is `file:GLOB` (files of --file and among the arguments), `env:NAME`, `arg:N`, `arg:GLOB` or
    /// `stdin`. `sh -c` runs COMMAND with the raw value on its standard input, as in
    /// `--hash-with 'stdin=jq -cS .'`.
    hash_with: Vec<HashWith> = all(values::hash_with),
        Shape::new("hash-with", Many(Text, "SELECTOR=COMMAND")).under(KEY).rare().for_user();

    /// Give the command only the variables of --env
    ///
    /// It also gets PATH, HOME, USER, LOGNAME and TMPDIR, and no other variable.
    pure_env: bool = switch, Shape::new("pure-env", Nothing).under(KEY).rare();

    /// Add this text to the key (repeat)
    key: Vec<OsString> = all(values::word), Shape::new("key", Many(Text, "TEXT")).under(KEY).rare();

    /// Keep these entries apart from those of other scopes
    scope: String = last(values::text), Shape::new("scope", One(Text, "NAME")).under(KEY).rare();

    /// Leave the working directory out of the key
    ignore_cwd: bool = switch, Shape::new("ignore-cwd", Nothing).under(KEY).rare();

    /// Do not add the content of files that arguments name
    ///
    /// By default an argument that names a regular file counts by the content of that file too: as a whole word, after
    /// `=`, `@` or the letters of options, or on either side of `:`. Directories count by their names.
    ignore_file_args: bool = switch, Shape::new("ignore-file-args", Nothing).under(KEY).rare();

    /// Read standard input to its end, and add it to the key
    ///
    /// The command gets it. By default what comes through a pipe counts exactly when the command reads it, and a file
    /// always counts.
    stdin: bool = switch, Shape::new("stdin", Nothing).under(KEY).rare();

    /// Leave standard input alone: the command gets none
    no_stdin: bool = switch, Shape::new("no-stdin", Nothing).letter('n').under(KEY);

    /// Find the inputs: every file that the command reads
    ///
    /// The result then depends on every file that the command and its children read, list, execute, or look for in vain.
    /// The next call checks them all. Linux only.
    trace: bool = switch, Shape::new("trace", Nothing).under(KEY);

    /// Do not follow what the command reads
    no_trace: bool = switch, Shape::new("no-trace", Nothing).under(KEY).rare();

    /// Leave these files out of what --trace finds (repeat)
    ///
    /// A path, a directory with everything below it, or a glob: `*` matches no `/`, `**` goes into directories.
    trace_ignore: Vec<PathGlob> = all(values::path_glob),
        Shape::new("trace-ignore", Many(Path, "GLOB")).under(KEY).rare();

    /// Whether the times of files count for --trace [default: exact]
    ///
    /// With `exact`, a time counts if the command asked for it. With `ignore`, none does: a fresh checkout, in which
    /// files have other times, then hits as well.
    trace_times: TraceTimes = last(values::trace_times),
        Shape::new("trace-times", One(Text, "exact|ignore")).under(KEY).rare();

    /// Bring back the files that it writes (repeat)
    ///
    /// A path, a directory with everything below it, or a glob, below the working directory. What it matches is stored
    /// after a success. A hit brings it back before it prints anything. What was there before the run does not count as
    /// an input.
    output: Vec<OutputPattern> = all(OutputPattern::parse),
        Shape::new("output", Many(Path, "PATH|GLOB")).under(KEY);

    /// With --trace, do so for all files written below the working directory
    outputs: bool = switch, Shape::new("outputs", Nothing).under(KEY).rare();

    /// Replay results younger than this [default: none]
    ///
    /// `90` (seconds), `1h 30min` or `1.5 days`; `0` never replays, `none` always does. Age counts from the end of
    /// the run, and a hit does not extend it.
    ttl: Lifetime = last(values::parsed), Shape::new("ttl", One(Quantity, "DURATION")).under(FRESHNESS);

    /// Replay failures younger than this [default: 60s]
    ///
    /// Never longer than --ttl. A failure is an exit code that --cache-exit does not list.
    failure_ttl: Lifetime = last(values::parsed),
        Shape::new("failure-ttl", One(Quantity, "DURATION")).under(FRESHNESS).rare();

    /// After --ttl, replay for this long and renew in the background [default: 0]
    ///
    /// The old result comes at once. One renewal runs, however many callers ask.
    stale_while_revalidate: Lifetime = last(values::parsed),
        Shape::new("stale-while-revalidate", One(Quantity, "DURATION")).under(FRESHNESS).rare();

    /// After --ttl, replay for this long if the command fails [default: 0]
    ///
    /// The command runs. If it fails, its last success is replayed instead, with a warning.
    stale_if_error: Lifetime = last(values::parsed),
        Shape::new("stale-if-error", One(Quantity, "DURATION")).under(FRESHNESS).rare();

    /// Run the command, and replace its result
    refresh: bool = switch, Shape::new("refresh", Nothing).also("force").under(FRESHNESS);

    /// Refresh in the background: print nothing, exit 0 at once
    warm: bool = switch, Shape::new("warm", Nothing).under(FRESHNESS).rare().for_user();

    /// Never run the command: replay, or exit 124
    only_if_cached: bool = switch, Shape::new("only-if-cached", Nothing).under(FRESHNESS).rare().for_user();

    /// Exit codes that count as success [default: 0]
    ///
    /// For example `0,2` or `0-3`. Other codes are failures, which are kept for --failure-ttl.
    cache_exit: ExitCodes = last(values::parsed),
        Shape::new("cache-exit", One(Quantities, "LIST")).under(STORING).rare();

    /// Never store a failure
    discard_failures: bool = switch, Shape::new("discard-failures", Nothing).under(STORING).rare();

    /// Keep at most N entries of this command
    ///
    /// Expired entries go first, then the oldest.
    max_entries: NonZeroU64 = last(values::positive),
        Shape::new("max-entries", One(Quantity, "N")).under(STORING).rare();

    /// Do not store output longer than this [default: 256MiB]
    ///
    /// It still streams in full.
    max_output: Size = last(values::parsed),
        Shape::new("max-output", One(Quantity, "SIZE")).under(STORING).rare();

    /// Replay stored results, but store nothing
    no_store: bool = switch, Shape::new("no-store", Nothing).under(STORING).rare();

    /// Share results of this command by --remote
    ///
    /// What it needs beside its words and its code has to be named (--file, --env) or found (--trace): another machine
    /// replays what this one stored.
    share: bool = switch, Shape::new("share", Nothing).under(SHARING).rare();

    /// Where results are shared: redis://, rediss://, s3+https:// or https://
    ///
    /// Asked after a local miss, and given what --share allows. Secrets come from the variables
    /// `CACHEX_REMOTE_KEY`, `CACHEX_REMOTE_SIGN_KEY`, `CACHEX_REMOTE_TRUST` and `CACHEX_REMOTE_TOKEN`, or from
    /// `remote-key` and its kin in the user's file. `cachex remote keygen` makes the first three.
    remote: SecretText = sharing::remote, Shape::new("remote", One(Text, "URL")).under(SHARING).rare().with_login().for_user();

    /// What this machine does there: off, read, write or read-write [default: read]
    remote_mode: RemoteMode = last(sharing::mode),
        Shape::new("remote-mode", One(Text, "off|read|write|read-write")).under(SHARING).rare().for_user();

    /// Never wait longer for it [default: 2s]
    remote_timeout: Duration = last(sharing::duration),
        Shape::new("remote-timeout", One(Quantity, "DURATION")).under(SHARING).rare().for_user();

    /// Share only what took at least this long [default: 1s]
    remote_min_time: Duration = last(sharing::duration),
        Shape::new("remote-min-time", One(Quantity, "DURATION")).under(SHARING).rare();

    /// Write results under this name, and read them there first [default: main]
    remote_namespace: String = last(sharing::namespace),
        Shape::new("remote-namespace", One(Text, "NAME")).under(SHARING).rare().for_user();

    /// Read results of these names too (repeat, or use commas)
    remote_read: Vec<String> = all(sharing::namespace),
        Shape::new("remote-read", Listed(Text, "NAME")).under(SHARING).rare().for_user();

    /// Share with machines of this name, whatever their system is
    ///
    /// By default results are shared among machines of one system, processor, distribution and release.
    remote_platform: String = last(values::text),
        Shape::new("remote-platform", One(Text, "NAME")).under(SHARING).rare().for_user();

    /// Share nothing with calls of another epoch
    ///
    /// Another text makes all machines begin anew.
    remote_epoch: String = last(values::text),
        Shape::new("remote-epoch", One(Text, "TEXT")).under(SHARING).rare().for_user();

    /// The key of the team
    remote_key: SecretText = sharing::secret,
        Shape::new("remote-key", One(Text, "KEY")).under(SHARING).secret().no_flag().for_user();

    /// The seed of those who may write
    remote_sign_key: SecretText = sharing::secret,
        Shape::new("remote-sign-key", One(Text, "SEED")).under(SHARING).secret().no_flag().for_user();

    /// The public keys that count (repeat, or use commas)
    remote_trust: Vec<String> = all(values::text),
        Shape::new("remote-trust", Listed(Text, "KEY")).under(SHARING).no_flag().for_user();

    /// The token or the password for the remote
    remote_token: SecretText = sharing::secret,
        Shape::new("remote-token", One(Text, "TOKEN")).under(SHARING).secret().no_flag().for_user();

    /// A file with the token
    remote_token_file: String = last(sharing::file),
        Shape::new("remote-token-file", One(Path, "FILE")).under(SHARING).no_flag().for_user();

    /// Root certificates in place of those compiled in
    remote_ca: String = last(sharing::file),
        Shape::new("remote-ca", One(Path, "FILE")).under(SHARING).no_flag().for_user();

    /// Run it on a terminal, for its colours [default: never]
    ///
    /// It has the size of the real one, and its output is one stream. WHEN is `always` (also if left out),
    /// `never`, or `auto`: when standard output is a terminal.
    pty: PtyMode = last(values::pty),
        Shape::new("pty", Choice(&PTY, "WHEN")).under(SHOWING);

    /// The spinner's text [default: Running `COMMAND`]
    spinner: String = last(values::text), Shape::new("spinner", One(Text, "TEXT")).under(SHOWING).rare();

    /// Show no spinner
    no_spinner: bool = switch, Shape::new("no-spinner", Nothing).under(SHOWING).rare();

    /// Keep the whole store below this [default: 2GiB]
    ///
    /// The least recently used entries go first.
    max_size: Size = last(values::parsed),
        Shape::new("max-size", One(Quantity, "SIZE")).under(STORING).rare().for_user();

    /// Run the command as if cachex were not there
    no_cache: bool = switch, Shape::new("no-cache", Nothing).under(STORING).rare();

    /// Report decisions and their reasons on standard error
    verbose: bool = switch, Shape::new("verbose", Nothing).letter('v');

    /// Print no warnings
    quiet: bool = switch, Shape::new("quiet", Nothing).letter('q').for_user();

    /// Keep the store in this directory
    ///
    /// Instead of `cachex` in the user's cache directory.
    cache_dir: PathBuf = last(values::directory),
        Shape::new("cache-dir", One(Directory, "DIR")).rare().for_user();
}

const KEY: &str = "Key";
const FRESHNESS: &str = "Freshness";
const STORING: &str = "Storing";
const SHARING: &str = "Sharing";
const SHOWING: &str = "Showing";
