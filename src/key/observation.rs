//! Seeing how the world stands: the only reader of it for the key.

use super::digest::{DigestMemory, FileReader, LearnedDigest, Readings, Unreadable};
use super::environment::{VariableSelector, select};
use super::program::Program;
use super::{Fingerprint, Key, WorkingDirectory, script};
use crate::outputs::Outputs;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What counts, beside the command line and its code.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// `--scope`.
    pub scope: String,
    /// `--key`, in order.
    pub texts: Vec<OsString>,
    /// `--env`.
    pub variables: Vec<VariableSelector>,
    /// `--ignore-cwd`.
    pub ignore_directory: bool,
    /// What the command writes to.
    pub outputs: Outputs,
}

/// What was seen, and the means to see later whether it still is so.
#[derive(Debug)]
pub struct Observation {
    /// What was seen.
    pub fingerprint: Fingerprint,
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

    /// The first file whose content is no longer what was seen.
    #[must_use]
    pub fn changed_file(&self) -> Option<&Path> {
        self.readings.changed()
    }

    /// Digests of large files that had to be read and can be remembered.
    #[must_use]
    pub fn learned(&self) -> &[LearnedDigest] {
        &self.readings.learned
    }
}

/// Sees everything that counts for running `words`.
///
/// # Errors
/// The first input that cannot be read: nothing may be replayed or stored then.
pub fn observe(
    program: &Program,
    words: &[OsString],
    spec: &KeySpec,
    memory: Option<&dyn DigestMemory>,
) -> Result<Observation, Unreadable> {
    if let Some(word) = words.iter().skip(1).find(|word| names_a_descriptor(word)) {
        return Err(Unreadable::new(Path::new(word), "it names an open descriptor"));
    }
    let reader = FileReader::new(memory);
    let environment: Vec<_> =
        if spec.variables.is_empty() { Vec::new() } else { std::env::vars_os().collect() };
    let (variable_globs, variables) = select(&spec.variables, &environment)
        .map_err(|name| Unreadable::new(Path::new(&name), "the variable is set twice"))?;
    let fingerprint = Fingerprint {
        scope: spec.scope.clone(),
        texts: spec.texts.clone(),
        words: words.to_vec(),
        code: script::code(&reader, program, words)?,
        directory: if spec.ignore_directory { None } else { Some(working_directory()?) },
        outputs: spec.outputs,
        variable_globs,
        variables,
    };
    Ok(Observation { fingerprint, readings: reader.finish() })
}

/// `<(…)` becomes such a word: its content comes from a pipe, the word says nothing of it.
fn names_a_descriptor(word: &OsStr) -> bool {
    ["/dev/fd/", "/proc/self/fd/"]
        .iter()
        .any(|prefix| word.as_bytes().windows(prefix.len()).any(|part| part == prefix.as_bytes()))
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
