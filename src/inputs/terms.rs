//! What counts in a traced run, as the user and the place decide it.

use super::path_glob::PathGlob;
use crate::key::TraceTimes;
use crate::output_pattern::OutputSpec;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a traced run and a later check of its inputs have to agree on.
#[derive(Clone, Debug)]
pub struct TraceTerms {
    /// The working directory, without symbolic links.
    pub working_directory: PathBuf,
    /// The [project](project_of) of that directory: files in it count by their content.
    pub project: PathBuf,
    /// The directory of cachex's own store without symbolic links, in which nothing counts.
    pub store: PathBuf,
    /// `--trace-ignore`.
    pub ignored: Vec<PathGlob>,
    /// `--trace-times`.
    pub times: TraceTimes,
    /// `--output` and `--outputs`: what is to be stored is no input.
    pub outputs: OutputSpec,
    /// The absolute paths that the run has written as outputs by `--outputs`: their names count in no listing.
    pub written: BTreeSet<Vec<u8>>,
    /// A moment before the first file is looked at.
    pub now: Timestamp,
}

impl TraceTerms {
    /// Whether nothing at this absolute path counts.
    pub(super) fn ignores(&self, path: &[u8]) -> bool {
        let store = path.strip_prefix(self.store.as_os_str().as_bytes());
        store.is_some_and(|below| below.is_empty() || below[0] == b'/')
            || self.ignored.iter().any(|glob| glob.matches(path, &self.working_directory))
            || self.outputs.named.cover(Path::new(OsStr::from_bytes(path)))
    }

    /// Whether this name counts in no listing.
    pub(super) fn hides(&self, path: &[u8]) -> bool {
        self.written.contains(path) || self.ignores(path)
    }

    /// The moment in nanoseconds since the epoch.
    pub(super) fn now_nanos(&self) -> i128 {
        i128::from(self.now.as_millis()) * 1_000_000
    }

    /// Whether there may be names in this directory that do not count.
    pub(super) fn may_hide_in(&self, directory: &[u8]) -> bool {
        let of_store = self.store.parent().map(|parent| parent.as_os_str().as_bytes());
        !self.ignored.is_empty()
            || !self.written.is_empty()
            || !self.outputs.named.patterns().is_empty()
            || of_store == Some(directory)
    }
}

/// The project of a directory: the nearest directory at or above it with a `.git`, else the directory itself.
pub fn project_of(working_directory: &Path) -> PathBuf {
    let has_git = |directory: &&Path| directory.join(".git").symlink_metadata().is_ok();
    working_directory.ancestors().find(has_git).unwrap_or(working_directory).to_owned()
}
