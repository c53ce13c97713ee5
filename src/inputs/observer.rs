//! Looks at many paths in order, each beginning at the nearest directory that is open already.

use super::body::{self, FileBody};
use super::filesystem::Filesystems;
use super::path;
use super::path_state::{Facts, PathState};
use super::terms::TraceTerms;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Looks at stored paths, which come in order. It keeps the directories above the last one open.
pub(super) struct Observer<'t> {
    terms: &'t TraceTerms,
    /// The working directory, where relative paths begin.
    base: OwnedFd,
    /// Each lies below the one before.
    directories: Vec<(Vec<u8>, OwnedFd)>,
    /// The directory of the last path, and how many paths in a row lie in it: not each is worth opening.
    last: (Vec<u8>, usize),
}

/// From so many paths in a row on it is quicker to open their directory.
const WORTH_OPENING: usize = 3;

/// A path as the system is asked for it.
pub(super) struct PlacedPath<'o> {
    terms: &'o TraceTerms,
    path: &'o [u8],
    follow: bool,
    directory: BorrowedFd<'o>,
    /// The path from that directory on.
    rest: &'o [u8],
}

impl<'t> Observer<'t> {
    /// `None` if the working directory cannot be opened.
    pub(super) fn new(terms: &'t TraceTerms) -> Option<Self> {
        let base = open_directory(CWD, path::bytes(&terms.working_directory))?;
        Some(Self { terms, base, directories: Vec::new(), last: (Vec::new(), 0) })
    }

    /// Finds the nearest directory to look at a path from.
    pub(super) fn place<'o>(&'o mut self, path: &'o [u8], follow: bool) -> PlacedPath<'o> {
        let parent = path::parent(path).unwrap_or_default();
        let is_above = |open: &[u8]| open == parent || path::below(parent, open).is_some();
        while self.directories.last().is_some_and(|(open, _)| !is_above(open)) {
            self.directories.pop();
        }
        if parent != self.last.0 {
            self.last = (parent.to_vec(), 0);
        }
        self.last.1 += 1;
        let is_open = self.directories.last().is_some_and(|(open, _)| open == parent);
        if !is_open && !parent.is_empty() && self.last.1 >= WORTH_OPENING {
            let (directory, rest) = self.start(parent);
            if let Some(opened) = open_directory(directory, rest) {
                self.directories.push((parent.to_vec(), opened));
            }
        }
        let (directory, rest) = self.start(path);
        PlacedPath { terms: self.terms, path, follow, directory, rest }
    }

    /// The nearest open directory above a path, and the rest of the path.
    fn start<'o>(&'o self, path: &'o [u8]) -> (BorrowedFd<'o>, &'o [u8]) {
        let nearest = self
            .directories
            .last()
            .and_then(|(open, directory)| Some((directory.as_fd(), path::below(path, open)?)));
        nearest.unwrap_or((self.base.as_fd(), path))
    }
}

impl PlacedPath<'_> {
    /// The path as it is stored.
    pub(super) fn path(&self) -> &[u8] {
        self.path
    }

    /// What is found there.
    pub(super) fn state(&self) -> PathState {
        PathState::at(self.directory, self.rest, self.follow)
    }

    /// The same together with what is in it, if it is the file that is expected.
    pub(super) fn state_and_content(
        &self,
        expected: Option<&Facts>,
    ) -> (PathState, Option<FileBody>) {
        let read = expected.and_then(|expected| {
            let body = body::read_expected(self.directory, self.rest, self.follow, expected)?;
            Some((PathState::Found(*expected), Some(body)))
        });
        read.unwrap_or_else(|| (self.state(), None))
    }

    /// What is in the file that was found.
    pub(super) fn body(&self, facts: &Facts) -> FileBody {
        let absolute = path::absolute(self.path, self.terms);
        body::read(self.directory, self.rest, self.follow, facts, &absolute, self.terms)
    }

    pub(super) fn is_in_project(&self) -> bool {
        path::is_in_project(self.path)
    }

    /// Whether the stamp of what was found stands for what is in it from the moment of the terms on.
    pub(super) fn vouches(&self, facts: &Facts, filesystems: &mut Filesystems) -> bool {
        facts.stamp.vouches(self.terms.now_nanos()) && {
            let absolute = path::absolute(self.path, self.terms);
            let system = filesystems.of(&absolute, self.follow, facts);
            system.vouches_later(self.is_in_project())
        }
    }
}

fn open_directory(at: impl AsFd, path: &[u8]) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    let how = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let how = OFlags::RDONLY;
    openat(at, path, how | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
}
