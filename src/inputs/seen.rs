//! The inputs of one traced run.

use super::look::{Look, Looks};
use super::shape::InputShape;
use super::stored_states::StoredStates;
use crate::key::Digest;
use rustix::fs::FileType;
use std::fmt;
use std::path::PathBuf;

/// The inputs that a traced run has found, as they are at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenInputs {
    /// What was asked.
    pub shape: InputShape,
    /// The answers.
    pub states: StoredStates,
    /// How many there are.
    pub counts: InputCounts,
    /// What the run wrote and left below the working directory, relative to it, if that is to be stored.
    pub written: Vec<PathBuf>,
}

impl SeenInputs {
    /// How many bytes they take in the store at most.
    pub fn size(&self) -> u64 {
        (self.shape.encode().len() + self.states.encode().len()) as u64
    }

    /// Their identity.
    pub fn id(&self) -> InputsId {
        InputsId { shape: self.shape.digest(), states: self.states.digest(self.shape.len()) }
    }
}

/// The identity of inputs: two runs with the same depend on the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InputsId {
    /// The digest of the questions.
    pub shape: Digest,
    /// The digest of the answers.
    pub states: Digest,
}

/// How many inputs a traced run has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputCounts {
    /// Files whose content counts.
    pub read: usize,
    /// Paths where nothing was.
    pub absent: usize,
    /// Directories whose names count.
    pub listed: usize,
}

impl InputCounts {
    /// Counts one path, at which something of this kind is, or nothing.
    pub(super) fn count(&mut self, looks: Looks, kind: Option<FileType>) {
        match kind {
            None => self.absent += 1,
            Some(FileType::RegularFile) if looks.contains(Look::Content) => self.read += 1,
            Some(FileType::Directory) if looks.contains(Look::Listing) => self.listed += 1,
            Some(_) => {}
        }
    }
}

impl fmt::Display for InputCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, absent, listed } = self;
        let files = if *read == 1 { "file" } else { "files" };
        write!(f, "{read} {files} read, {absent} looked for in vain, {listed} listed")
    }
}
