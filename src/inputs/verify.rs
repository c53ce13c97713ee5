//! Whether the inputs of stored entries are still as they were.

use super::answers::Answers;
use super::filesystem::Filesystems;
use super::observer::Observer;
use super::path;
use super::present::PresentAnswer;
use super::shape::{InputShape, Questions};
use super::stored_states::{StoredState, StoredStates};
use super::terms::TraceTerms;
use crate::parallel;
use std::sync::atomic::{AtomicBool, Ordering};

/// One of the candidates, whose answers all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingStates {
    /// Its place among the candidates.
    pub candidate: usize,
    /// The same answers, quicker to check the next time.
    pub renewed: Option<StoredStates>,
}

/// So many questions one thread asks in a row.
const AT_ONCE: usize = 1024;

/// Looks at the world once, and tells which of the candidates, entries of one shape, hold. It stops as soon as none
/// can. `secret` is that which the states were made with. All threads have ended when this returns.
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
    let terms = &*shape.terms_of_run(terms);
    let sections = sections(shape);
    // What changes is mostly in the project: with it first, an entry that does not hold costs few looks.
    for is_in_project in [true, false] {
        let check = Check { candidates: &candidates, terms, answers: &answers, is_in_project };
        let is_hopeless = AtomicBool::new(candidates.is_empty());
        let checked = parallel::map(&sections, 1, |section| check.section(section, &is_hopeless));
        let mut place = 0..;
        candidates.retain(|_| {
            place.next().is_some_and(|place| checked.iter().all(|it| it.holding[place]))
        });
        for (at, stamp) in checked.into_iter().flat_map(|it| it.renewals) {
            for candidate in &mut candidates {
                candidate.renew(at, stamp);
            }
        }
    }
    candidates.into_iter().map(Candidate::into_holding).collect()
}

/// Questions in a row.
struct Section<'s> {
    /// The place of the first one.
    start: usize,
    questions: Questions<'s>,
}

fn sections(shape: &InputShape) -> Vec<Section<'_>> {
    let mut questions = shape.questions();
    let mut sections = Vec::with_capacity(shape.len().div_ceil(AT_ONCE));
    for at in 0..shape.len() {
        if at.is_multiple_of(AT_ONCE) {
            sections.push(Section { start: at, questions: questions.clone() });
        }
        questions.next();
    }
    sections
}

/// What is looked at, and for which candidates.
struct Check<'c> {
    candidates: &'c [Candidate],
    terms: &'c TraceTerms,
    answers: &'c Answers,
    is_in_project: bool,
}

/// What came of it.
struct CheckedSection {
    /// Whether each candidate holds.
    holding: Vec<bool>,
    /// Stamps that can stand for answers from now on, by the place of the question.
    renewals: Vec<(usize, u64)>,
}

impl Check<'_> {
    /// Asks the questions of one section. `is_hopeless`: no candidate holds any more.
    fn section(&self, section: &Section<'_>, is_hopeless: &AtomicBool) -> CheckedSection {
        let Self { candidates, terms, answers, is_in_project } = self;
        let mut checked =
            CheckedSection { holding: vec![true; candidates.len()], renewals: Vec::new() };
        let mut questions = section.questions.clone();
        let mut filesystems = Filesystems::default();
        let mut observer = None;
        for at in (section.start..).take(AT_ONCE) {
            let is_over = is_hopeless.load(Ordering::Relaxed);
            let Some(question) = questions.next().filter(|_| !is_over) else { break };
            let is_here = path::is_in_project(question.path) == *is_in_project;
            if !is_here || question.looks.is_output() {
                continue;
            }
            let Some(observer) = observer.get_or_insert_with(|| Observer::new(terms)) else {
                checked.holding.fill(false);
                break;
            };
            let place = observer.place(question.path, question.follow);
            let answer = PresentAnswer::new(question, &place, answers);
            for (holds, candidate) in checked.holding.iter_mut().zip(*candidates) {
                *holds = *holds && answer.is(candidate.states[at]);
            }
            if !checked.holding.contains(&true) {
                is_hopeless.store(true, Ordering::Relaxed);
            } else if let Some(stamp) = answer.vouching_stamp(&mut filesystems) {
                checked.renewals.push((at, stamp));
            }
        }
        checked
    }
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
