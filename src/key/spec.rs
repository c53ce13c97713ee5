//! What counts, as it was asked for.

use super::error::Unreadable;
use super::words::environment::{Selected, VariableSelector, find_double, select};
use super::words::hash_with::HashWith;
use super::words::ignored::ArgumentGlob;
use crate::output_streams::OutputRequest;
use std::collections::BTreeMap;
use std::ffi::OsString;
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
    /// `--pty` and `--warm`.
    pub outputs: OutputRequest,
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
    pub(super) fn selected_variables(&self) -> Result<Selected, Unreadable> {
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
