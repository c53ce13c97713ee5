//! Whether the inputs of stored entries are still as they were.

use super::answers::Answers;
use super::filesystem::Filesystems;
use super::observer::Observer;
use super::path;
use super::present::PresentAnswer;
use super::shape::InputShape;
use super::stored_states::{StoredState, StoredStates};
use super::terms::TraceTerms;

/// One of the candidates, whose answers all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingStates {
    /// Its place among the candidates.
    pub candidate: usize,
    /// The same answers, quicker to check the next time.
    pub renewed: Option<StoredStates>,
}

/// Looks at the world once, and tells which of the candidates, entries of one shape, hold. It stops as soon as none
/// can. `secret` is that which the states were made with.
#[must_use]
pub fn verify(
    shape: &InputShape,
    candidates: &[StoredStates],
    terms: &TraceTerms,
    secret: &[u8],
) -> Vec<HoldingStates> {
    let read = |(place, stored): (usize, &StoredStates)| {
        let states = stored.read(shape.len())?;
        Some(Candidate { place, states, is_renewed: false })
    };
    let mut candidates: Vec<_> = candidates.iter().enumerate().filter_map(read).collect();
    let answers = Answers::new(secret, terms.times);
    let mut filesystems = Filesystems::default();
    // What changes is mostly in the project: with it first, an entry that does not hold costs few looks.
    for is_in_project in [true, false] {
        let Some(mut observer) = Observer::new(terms) else { return Vec::new() };
        let mut questions = shape.questions();
        for at in 0..shape.len() {
            let Some(question) = questions.next().filter(|_| !candidates.is_empty()) else { break };
            if path::is_in_project(question.path) != is_in_project {
                continue;
            }
            let place = observer.place(question.path, question.follow);
            let answer = PresentAnswer::new(question, &place, &answers);
            candidates.retain(|candidate| answer.is(candidate.states[at]));
            if let Some(stamp) = answer.vouching_stamp(&mut filesystems, terms.now_nanos()) {
                for candidate in &mut candidates {
                    candidate.renew(at, stamp);
                }
            }
        }
    }
    candidates.into_iter().map(Candidate::into_holding).collect()
}

struct Candidate {
    place: usize,
    states: Vec<StoredState>,
    is_renewed: bool,
}

impl Candidate {
    fn renew(&mut self, at: usize, stamp: u64) {
        let stored = &mut self.states[at];
        if let Some(state) = stored.state().filter(|_| stored.stamp() != Some(stamp)) {
            *stored = StoredState::Both(stamp, state);
            self.is_renewed = true;
        }
    }

    fn into_holding(self) -> HoldingStates {
        let renewed = self.is_renewed.then(|| StoredStates::new(&self.states));
        HoldingStates { candidate: self.place, renewed }
    }
}
