//! Which inputs of a stored entry are no longer as they were, as people are told.

use super::answers::Answers;
use super::look::{InputQuestion, Look};
use super::observer::Observer;
use super::path_state::{Facts, PathState};
use super::present::PresentAnswer;
use super::shape::InputShape;
use super::stored_states::StoredStates;
use super::terms::TraceTerms;
use crate::key::Difference;
use rustix::fs::FileType;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The inputs that differ now from what was stored, each with its kind before its path; `None` if the answers are damaged,
/// or the working directory cannot be opened.
pub fn differences(
    shape: &InputShape,
    stored: &StoredStates,
    terms: &TraceTerms,
    secret: &[u8],
) -> Option<Vec<Difference>> {
    let terms = &*shape.terms_of_run(terms);
    let mut observer = Observer::new(terms)?;
    let answers = Answers::new(secret, terms.times);
    let mut differences = Vec::new();
    stored.for_each_question(shape, |question, stored| {
        let place = observer.place(question.path, question.follow);
        let answer = PresentAnswer::new(question, &place, &answers);
        if !answer.is(stored) {
            let was_there = !answers.is_absence(stored);
            differences.push(difference(question, was_there, &answer.state));
        }
    })?;
    // Both a path itself and what it leads to may have been asked about.
    differences.dedup();
    Some(differences)
}

fn difference(question: InputQuestion<'_>, was_there: bool, now: &PathState) -> Difference {
    let InputQuestion { path, looks, .. } = question;
    // Of what is gone it is known what was asked, which tells what it was.
    let asked = match () {
        () if looks.contains(Look::Listing) => "directory",
        () if looks.contains(Look::Content) || looks.contains(Look::Stat) => "file",
        () if looks.contains(Look::Link) => "link",
        () => "path",
    };
    let kind = match now.found().map(Facts::kind) {
        None => asked,
        Some(FileType::RegularFile) => "file",
        Some(FileType::Directory) => "directory",
        Some(FileType::Symlink) => "link",
        Some(_) => "path",
    };
    let what = match *now {
        PathState::Found(_) if !was_there => "is there now",
        PathState::Absent | PathState::BELOW_A_FILE => "is gone",
        PathState::Refused(_) => "cannot be reached",
        // Only a digest is stored: the names in a directory may have changed, or just its mode.
        PathState::Found(_) => "changed",
    };
    let mut name = OsString::from(format!("{kind} "));
    name.push(OsStr::from_bytes(path));
    Difference { name, what }
}
