//! The inputs of a stored entry, for people: each path, the questions about it, and whether it existed. The stored
//! digests reveal nothing else.

use super::answers::Answers;
use super::look::{InputQuestion, Look, Looks};
use super::shape::InputShape;
use super::stored_states::StoredStates;
use crate::key::TraceTimes;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// An input that a traced run has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInput {
    /// The path: absolute, or relative to the working directory for what belongs to the project.
    pub path: OsString,
    /// Whether a link at its end was followed.
    pub follow: bool,
    /// What was asked.
    pub looks: Looks,
    /// Whether something was there.
    pub found: bool,
}

/// The inputs of a stored entry in order; `None` if its answers are damaged.
pub fn listed(
    shape: &InputShape,
    stored: &StoredStates,
    secret: &[u8],
) -> Option<Vec<ListedInput>> {
    let answers = Answers::new(secret, TraceTimes::Exact);
    let mut listed = Vec::with_capacity(shape.len());
    stored.for_each_question(shape, |InputQuestion { path, follow, looks }, stored| {
        let found = !answers.is_absence(stored);
        listed.push(ListedInput { path: OsStr::from_bytes(path).to_owned(), follow, looks, found });
    })?;
    Some(listed)
}

impl Looks {
    /// What was asked, in words.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (Look::Content, "content"),
            (Look::Stat, "stat"),
            (Look::Access, "access"),
            (Look::Listing, "listing"),
            (Look::Link, "link"),
            (Look::Attributes, "attributes"),
        ];
        all.into_iter().filter(move |(look, _)| self.contains(*look)).map(|(_, name)| name)
    }
}
