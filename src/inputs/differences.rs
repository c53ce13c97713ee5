//! Which inputs of a stored entry are no longer as they were, as people are told.

use super::answers::Answers;
use super::look::{InputQuestion, Look};
use super::observer::Observer;
use super::path_state::{Facts, PathState};
use super::present::PresentAnswer;
use super::shape::InputShape;
use super::stored_states::StoredStates;
use super::terms::TraceTerms;
use crate::terminal::escape_os;
use rustix::fs::FileType;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// An input that is no longer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDifference {
    /// `file`, `directory`, `link` or `path`.
    pub kind: &'static str,
    /// The path.
    pub path: OsString,
    /// `changed`, `is gone`, `is there now`, `lists otherwise`, `leads elsewhere`, `cannot be reached`.
    pub what: &'static str,
}

impl fmt::Display for InputDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind, escape_os(&self.path), self.what)
    }
}

/// The inputs that differ now from what was stored.
#[must_use]
pub fn differences(
    shape: &InputShape,
    stored: &StoredStates,
    terms: &TraceTerms,
    secret: &[u8],
) -> Vec<InputDifference> {
    let terms = &*shape.terms_of_run(terms);
    let stored = stored.read(shape.len());
    let (Some(stored), Some(mut observer)) = (stored, Observer::new(terms)) else {
        return Vec::new();
    };
    let answers = Answers::new(secret, terms.times);
    let mut questions = shape.questions();
    let mut differences = Vec::new();
    for stored in stored {
        let Some(question) = questions.next() else { break };
        if question.looks.is_output() {
            continue;
        }
        let place = observer.place(question.path, question.follow);
        let answer = PresentAnswer::new(question, &place, &answers);
        if !answer.is(stored) {
            let was_there = !answers.is_absence(stored);
            differences.push(difference(question, was_there, &answer.state));
        }
    }
    differences
}

fn difference(question: InputQuestion<'_>, was_there: bool, now: &PathState) -> InputDifference {
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
        PathState::Found(_) if kind == asked && kind == "directory" => "lists otherwise",
        PathState::Found(_) if kind == asked && kind == "link" => "leads elsewhere",
        PathState::Found(_) => "changed",
    };
    InputDifference { kind, path: OsStr::from_bytes(path).to_owned(), what }
}
