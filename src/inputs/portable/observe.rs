//! Portable questions asked on this machine, once: one look gives both the answers that the store of this machine keeps and
//! the digest by which any machine finds a result.

use super::answer::{OwnIds, answer_bytes};
use super::places::{ABOVE, EXACT, PLACE, PathPlace, PortablePlaces};
use crate::inputs::answers::Answers;
use crate::inputs::body::FileBody;
use crate::inputs::filesystem::Filesystems;
use crate::inputs::look::{InputQuestion, Look, Looks};
use crate::inputs::observer::{Observer, PlacedPath};
use crate::inputs::path;
use crate::inputs::path_state::{Facts, PathState};
use crate::inputs::seen::{InputCounts, SeenInputs};
use crate::inputs::shape::InputShape;
use crate::inputs::stored_states::{StoredState, StoredStates};
use crate::inputs::terms::TraceTerms;
use crate::key::{Digest, DigestBuilder};
use std::collections::BTreeMap;

/// The most bytes that are read for one digest: more takes longer than many a run.
const MOST_READ: u64 = 1 << 30;

/// What was found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedInputs {
    /// The questions and answers as this machine stores them.
    pub seen: SeenInputs,
    /// The digest of questions and answers, the same on each machine where they are the same.
    pub digest: Digest,
}

impl ObservedInputs {
    /// Whether each answer is the one that a run here has found. Of the directories above the project that were only asked
    /// for their links there is none.
    pub fn agrees_with(&self, run: &SeenInputs) -> bool {
        let (Some(then), Some(now)) = (answers_of(run), answers_of(&self.seen)) else {
            return false;
        };
        then.iter().all(|(question, then)| now.get(question).is_none_or(|now| is_same(*then, *now)))
    }
}

fn answers_of(seen: &SeenInputs) -> Option<BTreeMap<(Vec<u8>, bool), StoredState>> {
    let mut answers = BTreeMap::new();
    seen.states.for_each_question(&seen.shape, |question, state| {
        answers.insert((question.path.to_vec(), question.follow), state);
    })?;
    Some(answers)
}

fn is_same(one: StoredState, other: StoredState) -> bool {
    match (one.state(), other.state()) {
        (Some(one), Some(other)) => one == other,
        _ if one.stamp().is_some() => one.stamp() == other.stamp(),
        _ => one == other,
    }
}

/// A question on this machine.
#[derive(Clone, Copy)]
struct LocalQuestion {
    looks: Looks,
    /// Files there that belong to the caller belong to any caller.
    is_own: bool,
}

/// By stored path, and whether a link at its end is followed.
type LocalQuestions = BTreeMap<(Vec<u8>, bool), LocalQuestion>;

/// Asks the questions of a portable shape here. `secret` is that of the store. `None`: they make no sense here, the answers
/// count for this machine only, there is too much to read, or something changed meanwhile.
pub fn observe_here(
    portable: &InputShape,
    terms: &TraceTerms,
    places: &PortablePlaces,
    secret: &[u8],
) -> Option<ObservedInputs> {
    let questions = local_questions(portable, terms, places)?;
    let shape = InputShape::new(questions.iter().map(|((path, follow), question)| InputQuestion {
        path,
        follow: *follow,
        looks: question.looks,
    }));
    let terms = &*shape.terms_of_run(terms);
    let mut look = HereLook {
        terms,
        answers: Answers::new(secret, terms.times),
        filesystems: Filesystems::default(),
        own: OwnIds {
            user: rustix::process::geteuid().as_raw(),
            group: rustix::process::getegid().as_raw(),
        },
        left: MOST_READ,
        counts: InputCounts::default(),
    };
    let mut observer = Observer::new(terms)?;
    let (mut states, mut found) = (Vec::with_capacity(questions.len()), BTreeMap::new());
    for ((path, follow), question) in &questions {
        let (state, answer) = look.answer(&observer.place(path, *follow), *question)?;
        states.push(state);
        found.insert((path.as_slice(), *follow), answer);
    }
    let digest = digest(portable, terms, places, &found)?;
    let (states, written) = (StoredStates::new(&states), Vec::new());
    let seen = SeenInputs { shape, states, counts: look.counts, written };
    Some(ObservedInputs { seen, digest })
}

/// The questions as this machine stores them. `None`: there is a path for which there is no place here, or two that are one.
fn local_questions(
    portable: &InputShape,
    terms: &TraceTerms,
    places: &PortablePlaces,
) -> Option<LocalQuestions> {
    let mut local = LocalQuestions::new();
    let mut asks_above = false;
    let mut questions = portable.questions();
    while let Some(InputQuestion { path, follow, looks }) = questions.next() {
        match path {
            ABOVE => asks_above = true,
            PLACE | EXACT => {}
            _ => {
                let absolute = places.local(path)?;
                let is_own = matches!(places.of(&absolute), PathPlace::Project | PathPlace::Home);
                let question = LocalQuestion { looks, is_own };
                let stored = path::stored(&absolute, terms);
                if local.insert((stored, follow), question).is_some() {
                    return None;
                }
            }
        }
    }
    if asks_above {
        let question = LocalQuestion { looks: Look::Access.into(), is_own: true };
        for directory in places.above() {
            local.entry((path::stored(directory, terms), false)).or_insert(question);
        }
    }
    Some(local)
}

/// How one look at all goes.
struct HereLook<'t> {
    terms: &'t TraceTerms,
    answers: Answers,
    filesystems: Filesystems,
    own: OwnIds,
    /// How many bytes may still be read.
    left: u64,
    counts: InputCounts,
}

impl HereLook<'_> {
    /// The answer to a question, as it is stored and as it is portable.
    fn answer(
        &mut self,
        place: &PlacedPath<'_>,
        LocalQuestion { looks, is_own }: LocalQuestion,
    ) -> Option<(StoredState, Vec<u8>)> {
        if looks.is_output() {
            return Some((StoredState::Absent, Vec::new()));
        }
        let state = place.state();
        self.counts.count(looks, state.found().map(Facts::kind));
        let shown = state.found().filter(|facts| facts.shows_body(looks));
        let body = match shown {
            Some(facts) => Some(self.body(place, facts)?),
            None => None,
        };
        // What was read belongs to what was found.
        if body.is_some() && place.state() != state {
            return None;
        }
        let own = is_own.then_some(self.own);
        let answer = answer_bytes(&state, looks, body, self.terms.times, own)?;
        if state == PathState::Absent {
            return Some((StoredState::Absent, answer));
        }
        let digest = self.answers.state(&state, looks, body)?;
        let stamp = shown
            .filter(|facts| place.vouches(facts, &mut self.filesystems))
            .map(|facts| self.answers.stamp(facts));
        let stored =
            stamp.map_or(StoredState::State(digest), |stamp| StoredState::Both(stamp, digest));
        Some((stored, answer))
    }

    fn body(&mut self, place: &PlacedPath<'_>, facts: &Facts) -> Option<FileBody> {
        if facts.is_file() {
            self.left = self.left.checked_sub(facts.stamp.size)?;
        }
        Some(place.body(facts))
    }
}

/// The digest of portable questions with their answers here.
fn digest(
    portable: &InputShape,
    terms: &TraceTerms,
    places: &PortablePlaces,
    found: &BTreeMap<(&[u8], bool), Vec<u8>>,
) -> Option<Digest> {
    let mut digest = DigestBuilder::default();
    let mut field = |bytes: &[u8]| {
        digest.update(&(bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    field(b"cachex inputs elsewhere 1");
    field(&places.portable(path::bytes(&terms.working_directory)));
    field(portable.encode());
    let answer = |path: &[u8], follow| {
        let stored = path::stored(path, terms);
        found.get(&(&stored[..], follow)).cloned()
    };
    let mut questions = portable.questions();
    while let Some(InputQuestion { path, follow, .. }) = questions.next() {
        match path {
            PLACE => field(&places.portable_place()),
            EXACT => {
                field(&places.project);
                field(places.home.as_deref().unwrap_or_default());
            }
            ABOVE => {
                // However many directories of the same kind there are.
                let mut above: Vec<_> =
                    places.above().map(|path| answer(path, false)).collect::<Option<_>>()?;
                above.dedup();
                field(&(above.len() as u64).to_le_bytes());
                for answer in &above {
                    field(answer);
                }
            }
            _ => field(&answer(&places.local(path)?, follow)?),
        }
    }
    Some(digest.finish())
}
