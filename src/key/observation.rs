//! Seeing how the world stands: the only reader of it for the key.
//!
//! What cannot be seen is an error that names it; nothing is guessed. What was seen can be looked at again when
//! the command has ended.

use super::arguments::{self, ArgumentGlob, Places};
use super::doubts::{self, Doubt};
use super::environment::{Selected, VariableSelector, find_double, select};
use super::error::Unreadable;
use super::file_arguments::FileArguments;
use super::hashing::{HashWith, Hashes};
use super::memory::{DigestMemory, LearnedDigest};
use super::parts::{ARGUMENT, argument};
use super::program::Program;
use super::reading::FileReader;
use super::recheck::Readings;
use super::text::Text;
use super::{CodeFile, FileArgument, Fingerprint, Key, WorkingDirectory, files, script};
use crate::inherited;
use crate::outputs::Outputs;
use crate::terminal::escape_os;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What counts, beside the command line and its code.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// `--scope`.
    pub scope: String,
    /// `--key`, in order.
    pub texts: Vec<OsString>,
    /// `--env`.
    pub variables: Vec<VariableSelector>,
    /// `--file`.
    pub files: Vec<OsString>,
    /// `--ignore-arg`, sorted.
    pub ignored: Vec<ArgumentGlob>,
    /// `--hash-with`, sorted.
    pub hashes: Vec<HashWith>,
    /// `--pure-env`.
    pub pure_environment: bool,
    /// `--ignore-cwd`.
    pub ignore_directory: bool,
    /// `--ignore-file-args`.
    pub ignore_file_arguments: bool,
    /// What the command writes to.
    pub outputs: Outputs,
}

impl KeySpec {
    /// How standard input is hashed, if not as it is.
    #[must_use]
    pub fn stdin_hash(&self) -> Option<&HashWith> {
        self.hashes.iter().find(|hash| hash.is_for_stdin())
    }

    /// The variables that count, with their values.
    ///
    /// # Errors
    /// When one of them is set twice.
    fn selected_variables(&self) -> Result<Selected, Unreadable> {
        let selectors = self.selectors();
        if selectors.is_empty() {
            return Ok(Selected::default());
        }
        let all: Vec<_> = std::env::vars_os().collect();
        let selected = select(&selectors, &all);
        match find_double(&selected, &all) {
            Some(name) => Err(Unreadable::new(Path::new(name), "the variable is set twice")),
            None => Ok(selected),
        }
    }

    fn selectors(&self) -> Vec<VariableSelector> {
        let hashed = self.hashes.iter().filter_map(HashWith::variable);
        let hashed = hashed.map(|name| VariableSelector::Name(name.to_owned()));
        self.variables.iter().cloned().chain(hashed).collect()
    }

    /// What the command finds in its environment; `None`: all that is in ours.
    #[must_use]
    pub fn environment(&self) -> Option<BTreeMap<OsString, OsString>> {
        if !self.pure_environment {
            return None;
        }
        let (_, selected) = select(&self.selectors(), &std::env::vars_os().collect::<Vec<_>>());
        let always = ALWAYS.iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        let selected = selected.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Some(always.chain(selected).collect())
    }
}

/// What `--pure-env` leaves without being asked to.
const ALWAYS: [&str; 5] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

/// What was seen, and the means to see later whether it still is so.
#[derive(Debug)]
pub struct Observation {
    /// What was seen.
    pub fingerprint: Fingerprint,
    places: Places,
    /// Hash commands that no input was for.
    idle: Vec<HashWith>,
    arguments: FileArguments,
    readings: Readings,
}

impl Observation {
    /// Becomes an observation for the run that recorded under `key`, one of those that serve this
    /// call.
    pub fn serve_for(&mut self, key: Key) {
        if self.fingerprint.key() != key
            && let Some(other) = self.fingerprint.outputs.also_served_by()
        {
            self.fingerprint.outputs = other;
        }
    }

    /// The name of a part as people know it: among their arguments there are those that do not count.
    #[must_use]
    pub fn name_as_typed(&self, name: &OsStr) -> OsString {
        let number = name.to_str().and_then(|name| name.strip_prefix(ARGUMENT)?.parse().ok());
        number.map_or_else(|| name.to_owned(), |number| argument(self.places.typed(number)).into())
    }

    /// What may not have been meant so.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        let idle = self.idle.iter().cloned().map(Doubt::Idle);
        let missing = doubts::missing(&self.fingerprint.files);
        idle.chain(missing).chain(doubts::by_name_alone(&self.arguments)).collect()
    }

    /// Begins to watch what counts by its name alone and can be read all the same. Called when the command is about to run.
    pub fn watch(&self) {
        self.arguments.watch();
    }

    /// What speaks against keeping what the command has given by now.
    #[must_use]
    pub fn changed(&self) -> Option<Change> {
        let changed = self.readings.changed().or_else(|| self.arguments.changed());
        changed.map(Change::Changed).or_else(|| self.arguments.used().map(Change::Used))
    }

    /// Digests of large or many files that had to be read and can be remembered.
    #[must_use]
    pub fn learned(&self) -> &[LearnedDigest] {
        &self.readings.learned
    }
}

/// What happened to an input while the command ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It no longer holds what was seen, or is no longer there.
    Changed(PathBuf),
    /// It counts by its name alone, and somebody used it.
    Used(PathBuf),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(path) => {
                write!(f, "{} changed while the command ran", escape_os(path.as_os_str()))
            }
            Self::Used(path) => write!(
                f,
                "{} was used while the command ran, and what comes from it is not known",
                escape_os(path.as_os_str())
            ),
        }
    }
}

/// Sees everything that counts for running `words`, at `now` or later. No lock of the memory is held while anything is
/// read; it may be held when this returns, for a look-up to follow. `on_progress` is called now and then.
///
/// # Errors
/// The first input that cannot be read: nothing may be replayed or stored then.
pub fn observe(
    program: &Program,
    words: &[OsString],
    spec: &KeySpec,
    memory: Option<&dyn DigestMemory>,
    now: Timestamp,
    on_progress: &(dyn Fn() + Sync),
) -> Result<Observation, Unreadable> {
    if let Some(word) = words.iter().skip(1).find(|word| names_a_descriptor(word)) {
        return Err(Unreadable::new(Path::new(word), "it names an open descriptor"));
    }
    let reader = FileReader::new(memory, now, on_progress);
    let marks = arguments::marks(&spec.ignored, words);
    let hashes = Hashes::new(&spec.hashes, on_progress);
    let (variable_globs, variables) = spec.selected_variables()?;
    let variables = variables
        .into_iter()
        .map(|(name, value)| {
            let value = value.map(|value| hashes.variable(&name, &value)).transpose()?;
            Ok((name, value))
        })
        .collect::<Result<_, _>>()?;
    let counted_words = counted_words(words, &marks, &hashes)?;
    let files = files::observe(&reader, &spec.files, &hashes)?;
    let plain: Vec<_> = plain_arguments(words, &marks, &hashes).collect();
    let (code, arguments, named) = read(&reader, program, words, &plain, &hashes, spec)?;
    let fingerprint = Fingerprint {
        scope: spec.scope.clone(),
        texts: spec.texts.clone(),
        words: counted_words,
        ignored: spec.ignored.iter().map(ArgumentGlob::text).collect(),
        code,
        arguments: named,
        directory: if spec.ignore_directory { None } else { Some(working_directory()?) },
        outputs: spec.outputs,
        variable_globs,
        variables,
        files,
        pure_environment: spec.pure_environment,
        stdin_with: spec.stdin_hash().map(|hash| hash.command().to_owned()),
        ignored_signals: inherited::ignored_signals(),
        blocked_signals: inherited::blocked_signals(),
        inherited_files: inherited::regular_files(),
    };
    Ok(Observation {
        fingerprint,
        places: Places::new(&marks),
        idle: hashes.idle().cloned().collect(),
        arguments,
        readings: reader.finish(),
    })
}

type Read = (Vec<CodeFile>, FileArguments, BTreeMap<OsString, FileArgument>);

/// Reads the code and the files among the arguments: the small ones first, so that the memory of the large ones is asked
/// once, and last.
fn read(
    reader: &FileReader<'_>,
    program: &Program,
    words: &[OsString],
    plain: &[&OsStr],
    hashes: &Hashes<'_>,
    spec: &KeySpec,
) -> Result<Read, Unreadable> {
    let mut arguments = FileArguments::survey(plain)?;
    let code = script::code(reader, program, words, plain, &arguments, hashes)?;
    if spec.ignore_file_arguments {
        arguments = FileArguments::default();
    }
    arguments.leave_out(|path| {
        code.contains(path) || spec.files.iter().any(|named| named == path.as_os_str())
    });
    let opened = arguments.open(reader, hashes)?;
    let pending: Vec<_> = code.pending().chain(opened.pending()).collect();
    let mut held = reader.resolve(pending)?.into_iter();
    let code = code.complete(reader, &mut held);
    if hashes.are_for_files() {
        reader.rest();
    }
    let named = arguments.complete(opened, reader, held, hashes)?;
    Ok((code, arguments, named))
}

/// The arguments that count as they are.
fn plain_arguments<'w>(
    words: &'w [OsString],
    marks: &[Option<OsString>],
    hashes: &Hashes<'_>,
) -> impl Iterator<Item = &'w OsStr> {
    let all = words.iter().zip(marks).enumerate().skip(1);
    let plain = all.filter(|(number, (word, mark))| {
        mark.is_none() && !hashes.replaces_argument(*number, word)
    });
    plain.map(|(_, (word, _))| &**word)
}

/// The words as they count.
fn counted_words(
    words: &[OsString],
    marks: &[Option<OsString>],
    hashes: &Hashes<'_>,
) -> Result<Vec<Text>, Unreadable> {
    let Some((command, arguments)) = words.split_first() else { return Ok(Vec::new()) };
    let mut counted = vec![Text::Exact(command.clone())];
    for ((number, word), mark) in (1..).zip(arguments).zip(&marks[1..]) {
        if mark.is_none() {
            counted.push(hashes.argument(number, word)?);
        }
    }
    Ok(counted)
}

/// `<(…)` becomes such a word, or what follows a `=` or `@` in one: its content comes from a pipe, the word says nothing of
/// it. Anywhere else only a descriptor that the command inherits is meant: `awk '{ print > "/dev/fd/2" }'` names none.
fn names_a_descriptor(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    let value = bytes.iter().position(|byte| *byte == b'=').map(|at| &bytes[at + 1..]);
    let is_one = |name: &[u8]| {
        let name = name.strip_prefix(b"@").unwrap_or(name);
        let number = name.strip_prefix(b"/dev/fd/").or(name.strip_prefix(b"/proc/self/fd/"));
        number.is_some_and(|it| !it.is_empty() && it.iter().all(u8::is_ascii_digit))
    };
    is_one(bytes) || value.is_some_and(is_one) || inherited_in(bytes).any(inherited::is_passed_on)
}

/// The descriptors from 3 on that a word may name as `…/fd/N`.
fn inherited_in(word: &[u8]) -> impl Iterator<Item = RawFd> {
    const FD: &[u8] = b"/fd/";
    let starts = (0..word.len()).filter(|at| word[*at..].starts_with(FD));
    let number = |at| {
        let digits = &word[at + FD.len()..];
        let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&digits[..length]).ok()?.parse::<RawFd>().ok()
    };
    starts.filter_map(number).filter(|fd| *fd > 2)
}

fn working_directory() -> Result<WorkingDirectory, Unreadable> {
    let physical = std::env::current_dir().map_err(|error| {
        Unreadable::new(Path::new("."), format!("the working directory: {error}"))
    })?;
    let logical = std::env::var_os("PWD").filter(|pwd| {
        pwd.as_os_str() != physical.as_os_str()
            && Path::new(pwd).is_absolute()
            && std::fs::canonicalize(pwd).is_ok_and(|target| target == physical)
    });
    Ok(WorkingDirectory { physical, logical })
}
