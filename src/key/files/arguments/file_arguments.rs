//! The files and directories that the arguments name.

use super::look::PathKind;
use super::named_path::NamedPath;
use super::search::{PATHS_PER_THREAD, find};
use super::watch::UseWatch;
use crate::key::error::Unreadable;
use crate::key::files::reading::HUGE;
use crate::key::hash_with::HashCommands;
use crate::output_pattern::OutputPatterns;
use crate::parallel;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Up to this many files count one by one. More count as one, which can be remembered.
pub(super) const MAX_SINGLE: usize = 16;

/// If more are executable, this many of them count as code.
const FIRST_OF_MANY: usize = 4;

/// The paths that the arguments name.
#[derive(Debug, Default)]
pub(crate) struct FileArguments {
    pub(super) named: Vec<NamedPath>,
    /// Directories that options name, from which the program may find the others.
    pub(crate) option_directories: Vec<PathBuf>,
    watch: RefCell<Option<UseWatch>>,
}

impl FileArguments {
    /// Looks at all that these arguments may name. Nothing is read.
    ///
    /// # Errors
    /// When we may not look at a path: the command may see something there.
    pub(crate) fn survey(arguments: &[&OsStr]) -> Result<Self, Unreadable> {
        let (named, option_directories) = find(arguments)?;
        Ok(Self { named, option_directories, watch: RefCell::default() })
    }

    /// The executable files, which count as code together with their interpreters. Files that a hash command is for are
    /// not among them. Of many, only the first few do, since so many are not meant to be executed.
    pub(crate) fn executables(&self, hashes: &HashCommands<'_>) -> impl Iterator<Item = &Path> {
        let is_executable = |named: &&NamedPath| {
            matches!(named.kind, PathKind::File { is_executable: true, stamp } if stamp.size <= HUGE)
                && !hashes.replace_file(&named.path)
        };
        let executables = self.named.iter().filter(is_executable).take(MAX_SINGLE + 1);
        let executables: Vec<_> = executables.map(|named| &*named.path).collect();
        let count = if executables.len() <= MAX_SINGLE { MAX_SINGLE } else { FIRST_OF_MANY };
        executables.into_iter().take(count)
    }

    /// The directories, which count by their names alone.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &Path> {
        let is_directory = |named: &&NamedPath| named.kind == PathKind::Directory;
        self.named.iter().filter(is_directory).map(|named| &*named.path)
    }

    /// The paths that are not read, with the reasons.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&Path, String)> {
        self.named.iter().filter_map(|named| {
            let why = match &named.kind {
                PathKind::Special(what) => format!("{what} and counts by its name alone"),
                PathKind::Closed { why, .. } => {
                    format!("cannot be read ({why}) and counts by its name and dates")
                }
                _ => return None,
            };
            Some((&*named.path, why))
        })
    }

    /// Begins to watch FIFOs, sockets and devices, which count by their names alone.
    pub(crate) fn watch(&self) {
        let is_special = |named: &&NamedPath| matches!(named.kind, PathKind::Special(_));
        let special: Vec<_> = self.named.iter().filter(is_special).map(|it| &*it.path).collect();
        self.watch.replace((!special.is_empty()).then(|| UseWatch::begin(&special)));
    }

    /// One of the watched paths that was used since then.
    pub(crate) fn used(&self) -> Option<PathBuf> {
        self.watch.borrow().as_ref()?.used()
    }

    /// Leaves out the paths that count in another way.
    pub(crate) fn leave_out(&mut self, counts_already: impl Fn(&Path) -> bool) {
        self.named.retain(|named| !(named.counts() && counts_already(&named.path)));
    }

    /// Leaves out the outputs of the command, whether or not they exist.
    pub(crate) fn leave_out_outputs(&mut self, outputs: &OutputPatterns) {
        self.named.retain(|named| !outputs.cover(&named.path));
    }

    /// The first path that has changed since it was looked at.
    pub(crate) fn changed(&self) -> Option<PathBuf> {
        let hold = parallel::map(&self.named, PATHS_PER_THREAD, NamedPath::still_holds);
        let changed = self.named.iter().zip(hold).find(|(_, holds)| !holds);
        changed.map(|(named, _)| named.path.clone())
    }
}
