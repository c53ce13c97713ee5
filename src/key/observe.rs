//! Seeing how the world stands: the only reader of it for the key.
//!
//! What cannot be seen is an error that names it; nothing is guessed. What was seen can be looked at again when
//! the command has ended.

use super::caveats::{self, Caveat};
use super::code::program::Program;
use super::code::script;
use super::error::Unreadable;
use super::files::arguments::FileArguments;
use super::files::memory::{DigestMemory, LearnedDigest};
use super::files::named;
use super::files::reading::FileReader;
use super::files::recheck::Readings;
use super::fingerprint::InputText;
use super::fingerprint::{CodeFile, FileArgument, Fingerprint, Key, WorkingDirectory};
use super::parts::{ARGUMENT, argument};
use super::spec::KeySpec;
use super::words::descriptors::names_a_descriptor;
use super::words::hash_with::{HashWith, Hashes};
use super::words::ignored::{self, ArgumentGlob, Places};
use crate::inherited;
use crate::output_streams::OutputStreams;
use crate::terminal::escape_os;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

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
    pub fn caveats(&self) -> Vec<Caveat> {
        let idle = self.idle.iter().cloned().map(Caveat::Idle);
        let missing = caveats::missing(&self.fingerprint.files);
        idle.chain(missing).chain(caveats::by_name_alone(&self.arguments)).collect()
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
    let marks = ignored::marks(&spec.ignored, words);
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
    let files = named::observe(&reader, &spec.files, &hashes)?;
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
        outputs: OutputStreams::observe(spec.outputs),
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
) -> Result<Vec<InputText>, Unreadable> {
    let Some((command, arguments)) = words.split_first() else { return Ok(Vec::new()) };
    let mut counted = vec![InputText::Exact(command.clone())];
    for ((number, word), mark) in (1..).zip(arguments).zip(&marks[1..]) {
        if mark.is_none() {
            counted.push(hashes.argument(number, word)?);
        }
    }
    Ok(counted)
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
