//! Names that a traced run moves, exchanges and links.

use super::ledger::{Ledger, MOST_LINKS, link_target, shown};
use super::look::Look;
use super::path;
use super::path_state::{Facts, PathState};
use super::record::Written;
use super::refusal::NotTraceable;
use super::write_kind::{RenameKind, WriteKind};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// A directory with more in it is not followed when it moves.
const MOST_MOVED: usize = 10_000;

impl Ledger {
    /// The run is about to rename `source` to `target`.
    pub fn before_rename(&mut self, source: &[u8], target: &[u8], kind: RenameKind) {
        if self.is_over() {
            return;
        }
        let ((source, one_slash), (target, other_slash)) =
            (path::normal(source), path::normal(target));
        let (from, to) = (self.begin_write(&source), self.begin_write(&target));
        let is_there =
            |state: &Option<PathState>| state.as_ref().is_none_or(|state| state.found().is_some());
        let is_directory =
            |state: &Option<PathState>| state.is_some_and(|state| state.is_directory());
        let fits = match kind {
            RenameKind::Replace => match (is_directory(&from), is_directory(&to)) {
                (true, true) => self.is_empty(&target),
                (from, to_directory) => from == to_directory || !is_there(&to),
            },
            RenameKind::NoReplace => !is_there(&to),
            RenameKind::Exchange => is_there(&to),
        };
        let fits_slash = !one_slash && !other_slash || is_directory(&from);
        let ends = [(&source, from), (&target, to)];
        let ends: Vec<_> =
            ends.into_iter().filter_map(|(path, state)| Some((path, state?))).collect();
        let may = is_there(&from)
            && fits
            && fits_slash
            && ends.iter().all(|(path, _)| self.may_change_names(path));
        if !may {
            for (path, _) in &ends {
                self.look_at_failure(path, false);
            }
            return;
        }
        if kind == RenameKind::Exchange {
            return self.exchange(&ends);
        }
        let is_directory = is_directory(&from);
        if let Some(from) = &from {
            if is_directory && !self.is_own(&source) {
                return self.refuse(NotTraceable::Moved(shown(&source)));
            }
            self.take(&source, from);
            self.change(&source, from, Written::Removed);
        }
        if let Some(to) = &to {
            let is_own = self.is_own(&target);
            self.put(&target, to, from.as_ref());
            if kind == RenameKind::NoReplace && !is_own {
                self.record(&target).imply(Look::Access);
            }
            if is_directory {
                self.move_tree(&source, &target);
            }
        }
    }

    /// Whether a directory is empty, which is a condition.
    fn is_empty(&mut self, path: &[u8]) -> bool {
        self.look_at(path, false, Look::Listing, MOST_LINKS);
        fs::read_dir(OsStr::from_bytes(path)).is_ok_and(|mut names| names.next().is_none())
    }

    /// The run is about to make a hard link `target` to `source`; `follow`: to what a link at its end leads to.
    pub fn before_link(&mut self, source: &[u8], follow: bool, target: &[u8]) {
        if !self.is_over() {
            let ((source, one_slash), (target, other_slash)) =
                (path::normal(source), path::normal(target));
            if one_slash || other_slash {
                // No directory gets another name.
                self.look_at_failure(&source, follow || one_slash);
                return self.look_at_failure(&target, other_slash);
            }
            self.link(&source, follow, &target, MOST_LINKS);
        }
    }

    fn link(&mut self, source: &[u8], follow: bool, target: &[u8], links: u8) {
        let from = self.begin_write(source);
        let facts = from.as_ref().and_then(PathState::found);
        if follow && facts.is_some_and(Facts::is_link) {
            self.look_at(source, false, Look::Link, links);
            if let Some((next, links)) = link_target(source).zip(links.checked_sub(1)) {
                self.link(&next, follow, target, links);
            }
            return;
        }
        if let Some(from) = &from {
            self.take(source, from);
            if from.found().is_none() {
                return;
            }
            // The number of its names changes, and with it the change time.
            self.touch(source, from);
        }
        let Some(to) = self.begin_write(target) else { return };
        let is_link = facts.is_some_and(Facts::is_link);
        let kind = if is_link { WriteKind::MakeLink } else { WriteKind::CreateNew };
        self.make_new(target, &to, kind);
    }

    /// What is there gets another name, under which it is no longer looked at.
    fn take(&mut self, path: &[u8], state: &PathState) {
        if !self.is_own(path) {
            let look = state.found().and_then(Facts::body_look).unwrap_or(Look::Access);
            self.add_look(path, false, look, Some(*state));
            self.add_look(path, false, Look::Access, Some(*state));
        }
    }

    /// What was elsewhere gets this name.
    fn put(&mut self, path: &[u8], before: &PathState, moved: Option<&PathState>) {
        self.change(path, before, Written::Wholly);
        let is_link = moved.and_then(PathState::found).is_some_and(Facts::is_link);
        self.set_own_link(path, is_link);
    }

    fn exchange(&mut self, ends: &[(&Vec<u8>, PathState)]) {
        let directory =
            ends.iter().find(|(_, state)| state.found().is_some_and(Facts::is_directory));
        if let Some((path, _)) = directory {
            return self.refuse(NotTraceable::Moved(shown(path)));
        }
        for (path, state) in ends {
            self.take(path, state);
        }
        for (place, (path, state)) in ends.iter().enumerate() {
            let other = ends.get(1 - place).map(|(_, state)| state);
            self.put(path, state, other);
        }
    }

    /// A directory of the run's own is moved, with all that is in it.
    fn move_tree(&mut self, source: &[u8], target: &[u8]) {
        let mut directories = vec![(source.to_vec(), target.to_vec())];
        let mut count = 0;
        while let Some((source, target)) = directories.pop() {
            let members = fs::read_dir(OsStr::from_bytes(&source)).into_iter().flatten().flatten();
            for member in members {
                count += 1;
                if count > MOST_MOVED {
                    return self.refuse(NotTraceable::LargeMove(shown(&source)));
                }
                let name = member.file_name();
                let kind = member.file_type();
                let source = path::join(&source, name.as_bytes());
                let target = path::join(&target, name.as_bytes());
                if let Some(record) = self.records.get_mut(&*source) {
                    record.write(Written::Removed);
                }
                self.change(&target, &PathState::Absent, Written::Wholly);
                self.set_own_link(&target, kind.as_ref().is_ok_and(fs::FileType::is_symlink));
                if kind.is_ok_and(|kind| kind.is_dir()) {
                    directories.push((source, target));
                }
            }
            self.own.insert(target.into());
        }
    }
}
