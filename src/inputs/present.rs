//! The answer to one question as it is now. It finds out no more than it is asked for.

use super::answers::Answers;
use super::filesystem::Filesystems;
use super::look::InputQuestion;
use super::observer::PlacedPath;
use super::path_state::{Facts, PathState};
use super::stored_states::StoredState;
use std::cell::OnceCell;

/// The answer to one question as it is now.
pub(super) struct PresentAnswer<'a> {
    question: InputQuestion<'a>,
    place: &'a PlacedPath<'a>,
    answers: &'a Answers,
    pub(super) state: PathState,
    stamp: OnceCell<u64>,
    digest: OnceCell<Option<u128>>,
}

impl<'a> PresentAnswer<'a> {
    pub(super) fn new(
        question: InputQuestion<'a>,
        place: &'a PlacedPath<'a>,
        answers: &'a Answers,
    ) -> Self {
        let (stamp, digest) = Default::default();
        Self { question, place, answers, state: place.state(), stamp, digest }
    }

    /// Whether it is the one that was stored.
    pub(super) fn is(&self, stored: StoredState) -> bool {
        if stored == StoredState::Absent || self.state == PathState::Absent {
            return stored == StoredState::Absent && self.state == PathState::Absent;
        }
        let stamp = || self.state.found().map(|facts| self.stamp(facts));
        stored.stamp().is_some_and(|stored| Some(stored) == stamp())
            || stored.state().is_some_and(|stored| Some(stored) == self.digest())
    }

    fn stamp(&self, facts: &Facts) -> u64 {
        *self.stamp.get_or_init(|| self.answers.stamp(facts))
    }

    fn digest(&self) -> Option<u128> {
        *self.digest.get_or_init(|| {
            let looks = self.question.looks;
            let shown = self.state.found().filter(|facts| facts.shows_body(looks));
            self.answers.state(&self.state, looks, shown.map(|facts| self.place.body(facts)))
        })
    }

    /// The stamp, if what is in the file was read now and the stamp can stand for it from now on.
    pub(super) fn vouching_stamp(&self, filesystems: &mut Filesystems) -> Option<u64> {
        self.digest.get()?.as_ref()?;
        let facts = self.state.found().filter(|facts| facts.shows_body(self.question.looks))?;
        self.place.vouches(facts, filesystems).then(|| self.stamp(facts))
    }
}
