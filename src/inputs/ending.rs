//! The end of a traced run: what its paths mean for the result, and their states.

use super::answers::Answers;
use super::body::FileBody;
use super::conclude::{Conclusion, Ending};
use super::filesystem::Filesystems;
use super::ledger::{Ledger, shown};
use super::look::{InputQuestion, Look, Looks};
use super::observer::{Observer, PlacedPath};
use super::path;
use super::path_map::PathMap;
use super::path_state::{Facts, PathState};
use super::record::{Contact, LARGE, PathRecord, Written};
use super::refusal::NotTraceable;
use super::seen::{InputCounts, SeenInputs};
use super::shape::InputShape;
use super::stored_states::{StoredState, StoredStates};
use super::terms::TraceTerms;
use crate::time::Timestamp;
use rustix::fs::{CWD, FileType};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

impl Ledger {
    /// The run has ended. `expires`: its result is only stored for a finite time. `now` is a moment before this call.
    ///
    /// # Errors
    /// Why the result must not be stored.
    pub fn finish(
        mut self,
        secret: &[u8],
        expires: bool,
        now: Timestamp,
    ) -> Result<SeenInputs, NotTraceable> {
        self.terms.now = now;
        let terms = self.terms.clone();
        self.conclude(secret, expires).map_err(|refusal| refusal.seen_from(&terms))
    }

    /// The absolute path of what is to be stored: the run made all that is there, and did not ask what was in it before.
    fn output(&self, path: &[u8], record: &PathRecord) -> Option<Vec<u8>> {
        let may_be = self.terms.outputs.finds_written
            && record.written == Written::Wholly
            && path::below(path, path::bytes(&self.terms.working_directory))
                .is_some_and(|below| !path::goes_up(below))
            && !record.is_asked_for();
        let is_there = || PathState::at(CWD, path, false).found().is_some();
        (may_be && is_there()).then(|| path.to_vec())
    }

    fn conclude(mut self, secret: &[u8], expires: bool) -> Result<SeenInputs, NotTraceable> {
        let is_against = |doubt: &&_| !(expires && super::doubt::Doubt::is_fine_with_ttl(doubt));
        if let Some(doubt) = self.doubts.iter().find(is_against) {
            return Err(NotTraceable::Doubt(doubt.clone()));
        }
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let mut records: Vec<_> = self.records.drain().collect();
        records.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.terms.written =
            records.iter().filter_map(|(path, record)| self.output(path, record)).collect();
        let answers = Answers::new(secret, self.terms.times);
        let mut conditions = Conditions::new(&self.terms, self.filesystems, answers);
        let mut observer = Observer::new(&self.terms)
            .ok_or_else(|| NotTraceable::Unreadable(self.terms.working_directory.clone()))?;
        for (path, mut record) in records {
            let concluded = conditions.conclude(&path, &mut record, &mut observer);
            concluded.map_err(|refusal| match refusal {
                NotTraceable::ChangedByOthers(path) if record.is_other_name_of(&self.changed) => {
                    NotTraceable::ChangedByItself(path)
                }
                refusal => refusal,
            })?;
        }
        Ok(conditions.finish())
    }
}

impl PathRecord {
    /// Whether the run asked what was there before it: more than whether and of which kind.
    fn is_asked_for(&self) -> bool {
        let asks = |contact: &Contact| {
            let was_link = contact.first.found().is_some_and(Facts::is_link);
            let asked = |look| contact.looks.contains(look);
            contact.is_disturbed
                || self.read_as_new
                || asked(Look::Content)
                || asked(Look::Listing)
                || asked(Look::Link) && was_link
        };
        [&self.itself, &self.followed].into_iter().flatten().any(|contact| asks(contact))
    }
}

/// What a result depends on, by stored path and whether a link there is followed.
struct Conditions<'t> {
    terms: &'t TraceTerms,
    filesystems: Filesystems,
    answers: Answers,
    all: BTreeMap<(Vec<u8>, bool), PathCondition>,
    missing: PathMap<bool>,
}

#[derive(Clone, Copy)]
struct PathCondition {
    looks: Looks,
    /// The kind of what is there, if anything is.
    kind: Option<FileType>,
    state: StoredState,
}

impl<'t> Conditions<'t> {
    fn new(terms: &'t TraceTerms, filesystems: Filesystems, answers: Answers) -> Self {
        let (all, missing) = Default::default();
        Self { terms, filesystems, answers, all, missing }
    }

    /// Concludes what both views of a path mean.
    fn conclude(
        &mut self,
        path: &[u8],
        record: &mut PathRecord,
        observer: &mut Observer<'_>,
    ) -> Result<(), NotTraceable> {
        let PathRecord { written, read_as_new, .. } = *record;
        if self.terms.written.contains(path) {
            return Ok(());
        }
        let stored = path::stored(path, self.terms);
        let is_in_project = path::is_in_project(&stored);
        let mut known: Option<(PathState, Option<FileBody>)> = None;
        for follow in [false, true] {
            let Some(contact) = record.contact(follow) else { continue };
            contact.leave_out(|name| self.terms.written.contains(&path::join(path, name)));
            let place = observer.place(&stored, follow);
            let expected = || contact.first.found().filter(|_| is_in_project && contact.was_read());
            // What is no link is the same in both views, and asked for once.
            let is_link =
                known.and_then(|(state, _)| state.found().map(Facts::is_link)).unwrap_or(true);
            let (last, mut body) =
                known.filter(|_| !is_link).unwrap_or_else(|| place.state_and_content(expected()));
            let ending = Ending { contact, written, read_as_new, follow, is_in_project, last };
            let conclusion = ending.conclude(self.terms.times, || {
                body = body.or_else(|| last.found().map(|facts| place.body(facts)));
                body
            });
            match conclusion {
                Conclusion::Nothing => {}
                Conclusion::Condition(looks) => {
                    let follow = follow && is_link;
                    self.add(path, &place, follow, looks, &last, &mut body)
                        .ok_or_else(|| NotTraceable::ChangedByOthers(shown(path)))?;
                }
                Conclusion::ChangedByItself => {
                    return Err(NotTraceable::ChangedByItself(shown(path)));
                }
                Conclusion::ChangedByOthers => {
                    return Err(NotTraceable::ChangedByOthers(shown(path)));
                }
            }
            known = Some((last, body));
        }
        Ok(())
    }

    /// Adds a condition; `None` if what is there has just changed.
    fn add(
        &mut self,
        path: &[u8],
        place: &PlacedPath<'_>,
        follow: bool,
        looks: Looks,
        last: &PathState,
        body: &mut Option<FileBody>,
    ) -> Option<()> {
        let key = match self.missing_above(path, last) {
            // Where there is no name, there is nothing behind one.
            Some(above) => (path::stored(above, self.terms), !self.has_no_name(above)),
            None => (place.path().to_vec(), follow),
        };
        let is_absent = *last == PathState::Absent;
        let looks = if is_absent { Look::Access.into() } else { looks };
        let known = self.all.get(&key).copied();
        let looks = known.map_or(looks, |known| known.looks.union(looks));
        let condition = match known {
            Some(known) if is_absent || known.state == StoredState::Absent => {
                PathCondition { looks, ..known }
            }
            _ => {
                let state = self.stored(place, looks, last, body)?;
                PathCondition { looks, kind: last.found().map(Facts::kind), state }
            }
        };
        self.all.insert(key, condition);
        Some(())
    }

    /// The state as it is stored; `None` if what is in it has just changed.
    fn stored(
        &mut self,
        place: &PlacedPath<'_>,
        looks: Looks,
        state: &PathState,
        body: &mut Option<FileBody>,
    ) -> Option<StoredState> {
        let Self { answers, filesystems, .. } = self;
        let shown = match state {
            PathState::Absent => return Some(StoredState::Absent),
            _ => state.found().filter(|facts| facts.shows_body(looks)),
        };
        let Some(facts) = shown else {
            return Some(StoredState::State(answers.state(state, looks, None)?));
        };
        let stamp = place.vouches(facts, filesystems).then(|| answers.stamp(facts));
        let is_far = !place.is_in_project() || facts.stamp.size > LARGE;
        if let Some(stamp) = stamp.filter(|_| is_far && facts.is_file()) {
            return Some(StoredState::Stamp(stamp));
        }
        let body = *body.get_or_insert_with(|| place.body(facts));
        let state = answers.state(state, looks, Some(body))?;
        Some(stamp.map_or(StoredState::State(state), |stamp| StoredState::Both(stamp, state)))
    }

    /// Whether it is a condition already that there is not even a link at this path.
    fn has_no_name(&self, path: &[u8]) -> bool {
        let known = self.all.get(&(path::stored(path, self.terms), false));
        known.is_some_and(|known| known.state == StoredState::Absent)
    }

    /// The topmost directory of a missing path that is missing.
    fn missing_above<'p>(&mut self, path: &'p [u8], state: &PathState) -> Option<&'p [u8]> {
        if *state != PathState::Absent || path::goes_up(path) {
            return None;
        }
        let mut is_missing = |above: &&[u8]| {
            let find = || PathState::at(CWD, above, true) == PathState::Absent;
            *self.missing.entry((*above).into()).or_insert_with(find)
        };
        path::ancestors(path).take_while(&mut is_missing).last()
    }

    /// The states of all paths.
    fn finish(mut self) -> SeenInputs {
        self.add_outputs();
        let mut counts = InputCounts::default();
        for PathCondition { looks, kind, .. } in self.all.values() {
            counts.count(*looks, *kind);
        }
        let questions = self.all.iter().map(|((path, follow), condition)| InputQuestion {
            path,
            follow: *follow,
            looks: condition.looks,
        });
        let shape = InputShape::new(questions);
        let states: Vec<_> = self.all.values().map(|condition| condition.state).collect();
        let states = StoredStates::new(&states);
        let here = path::bytes(&self.terms.working_directory);
        let below = self.terms.written.iter().filter_map(|path| path::below(path, here));
        let written = below.map(|path| OsStr::from_bytes(path).into()).collect();
        SeenInputs { shape, states, counts, written }
    }

    /// Notes the outputs whose names are not to count in a directory that was listed.
    fn add_outputs(&mut self) {
        let stored: Vec<_> =
            self.terms.written.iter().map(|path| path::stored(path, self.terms)).collect();
        for path in stored {
            let parent = path::parent(&path).unwrap_or(b".");
            let is_listed = [false, true].into_iter().any(|follow| {
                let condition = self.all.get(&(parent.to_vec(), follow));
                condition.is_some_and(|it| it.looks.contains(Look::Listing))
            });
            if is_listed {
                let looks = Look::Output.into();
                let output = PathCondition { looks, kind: None, state: StoredState::Absent };
                self.all.entry((path, false)).or_insert(output);
            }
        }
    }
}
