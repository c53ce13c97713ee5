//! What a path means for the result of a run, once the run has ended. Pure.

use super::body::FileBody;
use super::look::{Look, Looks};
use super::path_state::{Facts, PathState};
use super::record::{Contact, Written};
use crate::key::TraceTimes;

/// What a path means for a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// Nothing: the run made it and removed it, or left it as it was.
    Nothing,
    /// The result holds while the answers to these looks stay as they are now.
    Condition(Looks),
    /// The run changed it after looking at it: a run in the present state might give another result.
    ChangedByItself,
    /// It changed while the run used it.
    ChangedByOthers,
}

/// A path at the end of a run.
pub(super) struct Ending<'c> {
    /// What was asked, and found at first.
    pub(super) contact: &'c Contact,
    /// What the run did to the path.
    pub(super) written: Written,
    /// See [`PathRecord`](super::record::PathRecord).
    pub(super) read_as_new: bool,
    /// Whether it is about that to which a link there leads: what the run left there has another path.
    pub(super) follow: bool,
    pub(super) is_in_project: bool,
    /// What is there now.
    pub(super) last: PathState,
}

impl Ending<'_> {
    /// What the path means. `last_body` reads what is in it now.
    pub(super) fn conclude(
        &self,
        times: TraceTimes,
        last_body: impl FnOnce() -> Option<FileBody>,
    ) -> Conclusion {
        let Self { contact, last, .. } = self;
        let asked = contact.asked();
        if contact.is_disturbed {
            return Conclusion::ChangedByOthers;
        }
        // What would be in the way matters. Names in other places are those of temporary files.
        let is_made_and_removed = !self.is_in_project
            && contact.looks.is_empty()
            && self.written == Written::Removed
            && contact.first == PathState::Absent
            && *last == PathState::Absent;
        let left = self.left();
        if is_made_and_removed || asked.is_empty() && left.is_empty() {
            return Conclusion::Nothing;
        }
        let is_new_and_filled =
            self.read_as_new && last.found().is_some_and(|facts| facts.stamp.size > 0);
        let has_same_body = || match contact.body {
            _ if !contact.needs_body() => true,
            None => self.is_untouched(),
            Some(body) => last_body() == Some(body),
        };
        let is_as_seen =
            asked.is_empty() || contact.first.answers_as(last, asked, times) && has_same_body();
        if is_as_seen && !is_new_and_filled {
            return Conclusion::Condition(asked.union(left));
        }
        // The names in a directory were noted because the run was about to change them.
        if self.written != Written::Never || contact.body.is_some() && !self.is_untouched() {
            Conclusion::ChangedByItself
        } else {
            Conclusion::ChangedByOthers
        }
    }

    fn is_untouched(&self) -> bool {
        self.contact.first == self.last
    }

    /// The looks that show what the run has left there.
    fn left(&self) -> Looks {
        if self.follow || self.written == Written::Never {
            return Looks::default();
        }
        if self.is_untouched() {
            // A file may be opened for writing and left as it was. Else what was not removed again was never made, so
            // that something must have been in the way.
            let is_left = self.written == Written::Partly && self.last.found().is_some();
            return match self.written {
                Written::Removed if !self.is_in_project => Looks::default(),
                // A program that appends can see the size.
                _ if is_left => Look::Stat.into(),
                _ => Look::Access.into(),
            };
        }
        match self.last.found().and_then(Facts::body_look) {
            // What is in a directory has paths of its own.
            None | Some(Look::Listing) => Look::Access.into(),
            Some(body) => body.into(),
        }
    }
}
