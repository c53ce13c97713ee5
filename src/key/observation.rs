//! The inputs of a call as they were seen, and the means to look again when the command has ended.

use super::caveats::{self, Caveat};
use super::files::arguments::FileArguments;
use super::files::memory::LearnedDigest;
use super::files::named::FileSurvey;
use super::files::recheck::ReadFiles;
use super::fingerprint::{Fingerprint, Key};
use super::hash_with::HashWith;
use super::parts::{ARGUMENT, argument};
use super::words::ignored::ArgumentNumbers;
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The inputs of a call as they were seen.
#[derive(Debug)]
pub struct Observation {
    /// Everything that counts.
    pub fingerprint: Fingerprint,
    pub(super) numbers: ArgumentNumbers,
    pub(super) unused_hashes: Vec<HashWith>,
    pub(super) surveys: Vec<FileSurvey>,
    pub(super) arguments: FileArguments,
    pub(super) files: ReadFiles,
}

impl Observation {
    /// Turns this into the observation of a call whose own key is `key`, one of the [keys](Fingerprint::keys) that
    /// serve this call.
    pub fn serve_for(&mut self, key: Key) {
        if self.fingerprint.key() != key
            && let Some(other) = self.fingerprint.outputs.also_served_by()
        {
            self.fingerprint.outputs = other;
        }
    }

    /// The name of a part. Arguments are numbered as they were typed, including those that do not count.
    pub fn name_as_typed(&self, name: &OsStr) -> OsString {
        let number = name.to_str().and_then(|name| name.strip_prefix(ARGUMENT)?.parse().ok());
        number.map_or_else(|| name.to_owned(), |number| argument(self.numbers.typed(number)).into())
    }

    /// The inputs that may not count as they were meant to.
    pub fn caveats(&self) -> Vec<Caveat> {
        let unused = self.unused_hashes.iter().cloned().map(Caveat::UnusedHash);
        let missing = caveats::about_missing_files(&self.fingerprint.files);
        let unset = caveats::about_unset_variables(&self.fingerprint.variables);
        let is_traced = self.fingerprint.trace.is_some();
        let arguments = caveats::about_arguments(&self.arguments).into_iter();
        unused.chain(missing).chain(unset).chain(arguments.filter(|_| !is_traced)).collect()
    }

    /// Begins to watch inputs that count by their names alone, although the command can read them. Called before the
    /// command runs.
    pub fn watch(&self) {
        self.arguments.watch();
    }

    /// A change because of which the result of the command must not be stored.
    pub fn changed(&self) -> Option<InputChange> {
        let changed = self
            .files
            .changed()
            .or_else(|| self.surveys.iter().find_map(FileSurvey::changed))
            .or_else(|| self.arguments.changed());
        changed.map(InputChange::Changed).or_else(|| self.arguments.used().map(InputChange::Used))
    }

    /// Digests that had to be computed, and can be remembered.
    pub fn learned(&self) -> &[LearnedDigest] {
        &self.files.learned
    }
}

/// A change of an input while the command ran.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputChange {
    /// The path has changed since it was looked at.
    #[error("{} changed while the command ran", escape_os(.0.as_os_str()))]
    Changed(PathBuf),
    /// The path counts by its name alone, and was used.
    #[error("{} was used while the command ran, and its data is not part of the key", escape_os(.0.as_os_str()))]
    Used(PathBuf),
}
