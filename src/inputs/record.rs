//! What is known of one path during a run.

use super::body::{FileBody, ListedName, body_of_names, names, read};
use super::look::{Look, Looks};
use super::path_state::{Facts, PathState};
use super::terms::TraceTerms;
use rustix::fs::CWD;
use std::collections::HashSet;

/// A larger file counts by its stamp where that can be trusted: it was hardly written by hand, and to read all that a
/// build has left behind takes longer than the run.
pub(super) const LARGE: u64 = 4 << 20;

/// One path, and what it leads to.
#[derive(Debug, Default)]
pub(super) struct PathRecord {
    /// What the run asked of the path itself.
    pub(super) itself: Option<Box<Contact>>,
    /// What it asked of that to which a link there leads.
    pub(super) followed: Option<Box<Contact>>,
    pub(super) written: Written,
    /// The run has made a link there: what that leads to is not its own.
    pub(super) is_own_link: bool,
    /// The run has looked at it again, and found what it had written.
    pub(super) is_confirmed: bool,
    /// The run opened it for reading and writing, and it was not there: it read nothing, which stays true only if it
    /// is empty in the end.
    pub(super) read_as_new: bool,
}

/// What the run itself did to a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing.
    #[default]
    Never,
    /// It changed a part of it, so that what it reads there is still of the world before.
    Partly,
    /// It made all that is there.
    Wholly,
    /// It removed it.
    Removed,
}

impl Written {
    /// Whether all that the run finds there is its own doing.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Wholly | Self::Removed)
    }
}

/// What the run asked, and what was found before it changed anything.
#[derive(Debug)]
pub(super) struct Contact {
    /// What it asked.
    pub(super) looks: Looks,
    /// What it asked only in order to make or remove something.
    pub(super) implied: Looks,
    /// What was found at first.
    pub(super) first: PathState,
    /// What was in it before the run changed it, if it asked for that and the stamp does not tell.
    pub(super) body: Option<FileBody>,
    /// The names behind that body, of a directory in which there may be outputs.
    pub(super) names: Option<Vec<ListedName>>,
    /// Somebody else has changed it.
    pub(super) is_disturbed: bool,
}

impl Contact {
    pub(super) fn new(first: PathState) -> Self {
        let (looks, implied) = Default::default();
        Self { looks, implied, first, body: None, names: None, is_disturbed: false }
    }

    /// All that it asked.
    pub(super) fn asked(&self) -> Looks {
        self.looks.union(self.implied)
    }

    /// Keeps what is in it, where `facts` were found at this absolute path.
    pub(super) fn keep_body(
        &mut self,
        path: &[u8],
        follow: bool,
        facts: &Facts,
        terms: &TraceTerms,
    ) {
        let may_hold_outputs = facts.is_directory() && terms.outputs.finds_written;
        let names = may_hold_outputs.then(|| names(CWD, path, follow, path, terms).ok()).flatten();
        let of_names = names.as_deref().map(body_of_names);
        self.body = of_names.or_else(|| Some(read(CWD, path, follow, facts, path, terms)));
        self.names = names;
    }

    /// Leaves names out of what was in it at first that do not count, as the end of the run shows.
    pub(super) fn leave_out(&mut self, hides: impl Fn(&[u8]) -> bool) {
        if let Some(names) = &mut self.names {
            names.retain(|(name, _)| !hides(name));
            self.body = Some(body_of_names(names));
        }
    }

    /// Whether the file is at its path that was there at first.
    pub(super) fn is_there_still(&self, path: &[u8], follow: bool) -> bool {
        match (&self.first, PathState::at(CWD, path, follow)) {
            (PathState::Found(first), PathState::Found(now)) => first.file() == now.file(),
            (first, now) => *first == now,
        }
    }

    /// Whether it was a small file, and the run has asked for its content.
    pub(super) fn was_read(&self) -> bool {
        let is_small = |facts: &Facts| facts.is_file() && facts.stamp.size <= LARGE;
        self.asked().contains(Look::Content) && self.first.found().is_some_and(is_small)
    }

    /// Whether what was in it at first matters.
    pub(super) fn needs_body(&self) -> bool {
        self.first.found().is_some_and(|facts| facts.shows_body(self.asked()))
    }
}

impl PathRecord {
    /// Whether one of these files was found at first, and not changed by this path.
    pub(super) fn is_other_name_of(&self, files: &HashSet<(u64, u64)>) -> bool {
        let contacts = [&self.itself, &self.followed].into_iter().flatten();
        self.written == Written::Never
            && contacts.filter_map(|it| it.first.found()).any(|it| files.contains(&it.file()))
    }

    pub(super) fn contact(&mut self, follow: bool) -> &mut Option<Box<Contact>> {
        if follow { &mut self.followed } else { &mut self.itself }
    }

    /// Notes that the run made or removed it on the condition that these looks tell of.
    pub(super) fn imply(&mut self, look: Look) {
        if let Some(contact) = &mut self.itself {
            contact.implied = contact.implied.with(look);
        }
    }

    /// Notes that the run is about to make all that is there, or to remove it.
    pub(super) fn write(&mut self, written: Written) {
        self.written = written;
        (self.is_own_link, self.is_confirmed) = (false, false);
    }
}
