//! Which entries a filter selects: a condition of SQL, and a check of their dates.
//!
//! `clear`, `list`, `show` and `prune` share it.

use super::call_pattern::{CallPattern, Calls, Matching, as_typed, patterns, whole};
use super::where_clause::{Parameter, WhereClause};
use crate::key::CommandName;
use crate::store::error::StoreError;
use crate::store::sqlite::codec;
use crate::time::{Lifetime, Timestamp};
use rusqlite::Connection;

/// The entries that pass every filter that is set; all entries when none is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The entry of this number.
    pub number: Option<i64>,
    /// Entries of these calls.
    pub calls: Option<Calls>,
    /// Entries of this scope.
    pub scope: Option<String>,
    /// Entries that the call that stored them would not replay any more.
    pub expired: bool,
    /// Entries that have reached this age.
    pub older_than: Option<Lifetime>,
}

impl Selection {
    /// The same with longer argument lists, where it selects just one list.
    #[must_use]
    pub fn and_longer(&self) -> Option<Self> {
        let calls = self.calls.as_ref().filter(|calls| calls.matching.is_none())?;
        let calls = Calls { matching: Some(Matching::StartingWith), ..calls.clone() };
        Some(Self { calls: Some(calls), ..self.clone() })
    }

    /// Every entry.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Every expired entry.
    #[must_use]
    pub fn expired() -> Self {
        Self { expired: true, ..Self::default() }
    }

    /// Whether no filter is set.
    pub(in crate::store) fn is_all(&self) -> bool {
        let Self { number, calls, scope, expired: _, older_than: _ } = self;
        number.is_none() && calls.is_none() && scope.is_none() && self.is_of_any_date()
    }

    /// Whether dates do not matter.
    pub(in crate::store) fn is_of_any_date(&self) -> bool {
        !self.expired && self.older_than.is_none()
    }

    /// Whether an entry of this date and lifetime passes.
    pub(in crate::store) fn admits(
        &self,
        created: Timestamp,
        lifetime: Lifetime,
        now: Timestamp,
    ) -> bool {
        let age = created.age_at(now);
        // A date in the future says nothing about the age.
        (!self.expired || age.is_none_or(|age| !lifetime.covers(age)))
            && self.older_than.is_none_or(|limit| age.is_some_and(|age| !limit.covers(age)))
    }

    /// The condition over `entry` and `command`, without the dates.
    pub(in crate::store) fn condition(
        &self,
        connection: &Connection,
    ) -> Result<WhereClause, StoreError> {
        let mut all = WhereClause::default();
        if let Some(number) = self.number {
            all.require("entry.id = ?", [Parameter::Number(number)]);
        }
        if let Some(calls) = &self.calls {
            all.require_any(patterns(connection, calls)?.into_iter().map(of_name));
        }
        all.require_scope(self.scope.as_deref());
        Ok(all)
    }

    /// The condition over `command` for commands of which every entry is selected, if there can be any.
    pub(in crate::store) fn whole_commands(&self) -> Option<WhereClause> {
        if self.number.is_some() || !self.is_of_any_date() {
            return None;
        }
        let mut all = WhereClause::default();
        if let Some(calls) = &self.calls {
            let calls = as_typed(calls).into_iter();
            let open_ended = calls.filter(|it| it.matching == Matching::StartingWith);
            let begins = "substr(name, 1, ?) = ?";
            all.require_any(open_ended.map(|it| (begins.to_owned(), beginning(&it.name))));
        }
        all.require_scope(self.scope.as_deref());
        Some(all)
    }
}

/// The entries that were stored under a name.
fn of_name(CallPattern { name, matching, ignored }: CallPattern) -> (String, Vec<Parameter>) {
    let (mut term, mut parameters) = match matching {
        Matching::Exactly => (
            "name = ? AND arguments = ?".to_owned(),
            vec![Parameter::bytes(name.name()), Parameter::bytes(name.arguments())],
        ),
        Matching::StartingWith => {
            ("substr(CAST(name || arguments AS BLOB), 1, ?) = ?".to_owned(), beginning(&name))
        }
    };
    if let Some(ignored) = ignored {
        term += " AND ignored = ?";
        parameters.push(Parameter::Bytes(ignored));
    }
    (format!("({term})"), parameters)
}

/// The words that a call starts with, and their length. Encoded words are a prefix of all lists that start with
/// them, and the name of an interpreted script starts with its interpreter and options.
fn beginning(name: &CommandName) -> Vec<Parameter> {
    let words = whole(name);
    let length = codec::stored_count(words.len() as u64);
    vec![Parameter::Number(length), Parameter::Bytes(words)]
}
