//! What was found out about the configuration files, beside the options in them.
//!
//! A fault, or a file that is not trusted, means that nothing may be cached: the key would lack inputs that the file
//! may name.

use super::refused::RefusedKeys;
use super::trust::{self, TrustState};
use crate::options::layer::Layer;
use crate::terminal::{Notices, escape_os};
use std::path::PathBuf;

/// What was found out about the files.
#[derive(Debug, Default)]
pub struct Findings {
    /// The files that count, the farthest first.
    pub files: Vec<PathBuf>,
    /// The files that a stranger put into a directory for everybody. They count for nothing.
    pub ignored: Vec<PathBuf>,
    /// Why a file cannot be understood. Then none of them counts, and nothing may be cached.
    pub fault: Option<String>,
    /// The project's file, if it is not trusted. Then it does not count, and nothing may be cached.
    pub untrusted: Option<Untrusted>,
    /// The keys in each file that it may not set. Its other keys count.
    pub refused: Vec<RefusedKeys>,
}

/// A project's file that is not trusted with its present content.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", trust::request(path, state))]
pub struct Untrusted {
    /// The file.
    pub path: PathBuf,
    /// Why it does not count.
    pub state: TrustState,
    /// What it would set for the command.
    pub layer: Layer,
}

/// Why a file is ignored.
pub const WHY_IGNORED: &str =
    "it belongs to another user, in a directory that everyone can write to";

impl Findings {
    /// Warns of faults, of a file that is not trusted, and of keys that a file may not set.
    pub fn tell(&self, notices: &Notices) {
        for path in &self.ignored {
            let path = escape_os(path.as_os_str());
            notices.detail(&format_args!("{path} is ignored: {WHY_IGNORED}"));
        }
        if let Some(problem) = self.problem() {
            notices.warn(&format_args!("{problem}; runs are uncached"));
        }
        if !self.refused.is_empty() {
            let of_files: Vec<_> = self.refused.iter().map(ToString::to_string).collect();
            notices.warn(&of_files.join("; "));
        }
    }

    /// Why nothing may be cached.
    pub fn problem(&self) -> Option<String> {
        self.fault.clone().or_else(|| Some(self.untrusted.as_ref()?.to_string()))
    }

    /// The directory of the store, unless nothing may be cached.
    ///
    /// # Errors
    /// Why nothing may be cached.
    pub fn usable(
        self,
        directory: Result<PathBuf, String>,
        notices: &Notices,
    ) -> Result<PathBuf, String> {
        if let Some(problem) = self.problem() {
            return Err(problem);
        }
        self.tell(notices);
        directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_fault_or_a_file_that_is_not_trusted_keeps_everything_from_being_cached() {
        let (path, state) = (PathBuf::from("/p/.cachex.toml"), TrustState::Unknown);
        let untrusted = Untrusted { path: path.clone(), state, layer: Layer::default() };
        let not_trusted = trust::request(&path, &TrustState::Unknown);
        for (fault, untrusted, problem) in [
            (None, None, None),
            (Some("odd"), None, Some("odd")),
            (None, Some(untrusted.clone()), Some(not_trusted.as_str())),
            (Some("odd"), Some(untrusted), Some("odd")),
        ] {
            let fault = fault.map(str::to_owned);
            let findings = Findings { fault, untrusted, ..Findings::default() };
            assert_eq!(findings.problem().as_deref(), problem);
            let usable = findings.usable(Ok("/store".into()), &Notices::new(true, false));
            assert_eq!(usable.as_deref().ok(), problem.is_none().then_some(Path::new("/store")));
            assert_eq!(usable.err().as_deref(), problem);
        }
    }
}
