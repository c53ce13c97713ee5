//! What is said about the configuration files beside the options in them.

use super::refused::RefusedKeys;
use super::trust::{self, TrustState};
use crate::options::layer::Layer;
use crate::terminal::{Notices, escape_os};
use std::fmt;
use std::path::PathBuf;

/// What is said about the files.
#[derive(Debug, Default)]
pub struct Findings {
    /// Those that are there, the farthest first.
    pub files: Vec<PathBuf>,
    /// Those that a stranger put into a directory for everybody: as if they were not there.
    pub ignored: Vec<PathBuf>,
    /// Why one of them cannot be understood: then none of them counts, and nothing may be cached,
    /// since what the result should depend on is not known.
    pub fault: Option<String>,
    /// The project's file, if it is not trusted: it does not count, and nothing may be cached.
    pub untrusted: Option<Untrusted>,
    /// What each file may not set; its other options count.
    pub refused: Vec<RefusedKeys>,
}

/// A file of a project that is not trusted as it is.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// Which file it is.
    pub path: PathBuf,
    /// Why it does not count.
    pub standing: TrustState,
    /// What it would set for the command.
    pub layer: Layer,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&trust::request(&self.path, &self.standing))
    }
}

/// Why a file is ignored.
pub const STRANGE: &str = "it belongs to another user, in a directory for everybody";

impl Findings {
    /// Warns of what the files may not say.
    pub fn tell(&self, notices: &Notices) {
        for path in &self.ignored {
            let path = escape_os(path.as_os_str());
            notices.detail(&format_args!("{path} is ignored: {STRANGE}"));
        }
        if let Some(fault) = &self.fault {
            return notices.warn(&format_args!("{fault}; runs are uncached"));
        }
        if let Some(untrusted) = &self.untrusted {
            notices.warn(&format_args!("{untrusted}; runs are uncached"));
        }
        if !self.refused.is_empty() {
            let of_files: Vec<_> = self.refused.iter().map(ToString::to_string).collect();
            notices.warn(&of_files.join("; "));
        }
    }

    /// Where the store is, unless the files are at fault: then nothing may be cached.
    ///
    /// # Errors
    /// Why nothing may be cached.
    pub fn usable(
        self,
        directory: Result<PathBuf, String>,
        notices: &Notices,
    ) -> Result<PathBuf, String> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if let Some(untrusted) = &self.untrusted {
            return Err(untrusted.to_string());
        }
        self.tell(notices);
        directory
    }
}
