//! The inputs that options ask to count, and the environment that they leave to the command.

use super::fingerprint::TraceSpec;
use super::hash_with::HashWith;
use super::words::environment::VariableSelector;
use super::words::ignored::ArgumentGlob;
use crate::output_pattern::OutputSpec;
use crate::output_streams::OutputRequest;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The inputs that count beside the command line and its code.
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
    /// `--ignore-arg`.
    pub ignored: Vec<ArgumentGlob>,
    /// `--hash-with`.
    pub hashes: Vec<HashWith>,
    /// `--pure-env`.
    pub pure_environment: bool,
    /// `--ignore-cwd`.
    pub ignore_directory: bool,
    /// `--ignore-file-args`.
    pub ignore_file_arguments: bool,
    /// `--trace`, with the options that belong to it.
    pub trace: Option<TraceSpec>,
    /// `--output` and `--outputs`.
    pub output_files: OutputSpec,
    /// `--pty` and `--warm`.
    pub outputs: OutputRequest,
}

impl KeySpec {
    /// Sorts the options whose order would otherwise matter: of those that match an input the first one is taken.
    pub fn sorted(mut self) -> Self {
        self.ignored.sort();
        self.hashes.sort();
        self
    }

    /// The `--hash-with` that is for standard input.
    pub fn stdin_hash(&self) -> Option<&HashWith> {
        self.hashes.iter().find(|hash| hash.is_for_stdin())
    }

    /// The selectors of variables: `--env`, and each `--hash-with` that is for one.
    pub(super) fn variable_selectors(&self) -> Vec<VariableSelector> {
        let hashed = self.hashes.iter().filter_map(HashWith::variable);
        let hashed = hashed.map(|name| VariableSelector::Name(name.to_owned()));
        self.variables.iter().cloned().chain(hashed).collect()
    }

    /// The part of an environment that `--pure-env` leaves, sorted by name; `None` without that option.
    pub fn environment(
        &self,
        all: impl Iterator<Item = (OsString, OsString)>,
    ) -> Option<BTreeMap<OsString, OsString>> {
        if !self.pure_environment {
            return None;
        }
        let selectors = self.variable_selectors();
        let mut left = BTreeMap::new();
        for (name, value) in all {
            if ALWAYS.iter().any(|always| name == *always)
                || selectors.iter().any(|selector| selector.selects(&name))
            {
                left.entry(name).or_insert(value);
            }
        }
        Some(left)
    }
}

/// Variables that the command gets under `--pure-env` without being asked for.
const ALWAYS: [&str; 5] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];
