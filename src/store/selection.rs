//! Which entries are meant, as a condition of SQL and a look at their dates.
//!
//! One meaning for `clear`, `list`, `show` and `prune`.

use super::sought::{Sought, as_typed, sought};
use super::{StoreError, codec};
use crate::key::CommandName;
use crate::time::{Lifetime, Timestamp};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql};
use std::ffi::OsString;

/// The entries that pass every filter that is set; all of them when none is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The one of this number.
    pub number: Option<i64>,
    /// Those of these calls.
    pub calls: Option<Calls>,
    /// Those of this scope.
    pub scope: Option<String>,
    /// Those that the call that stored them would not replay any more.
    pub expired: bool,
    /// Those that have reached this age.
    pub older_than: Option<Lifetime>,
}

/// Calls of one command.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The command, with the arguments that are looked for.
    pub words: Vec<OsString>,
    /// Which arguments are meant; `None`: just those, or any if there are none.
    pub matching: Option<Matching>,
}

/// How the arguments of a call are compared with those that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// They are the same.
    Exactly,
    /// They start with them; with none, every call is meant.
    StartingWith,
}

impl Selection {
    /// The same with the calls that have more arguments, where it means one argument list.
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

    /// What has expired.
    #[must_use]
    pub fn expired() -> Self {
        Self { expired: true, ..Self::default() }
    }

    /// Whether no filter is set.
    pub(super) fn is_all(&self) -> bool {
        let Self { number, calls, scope, expired: _, older_than: _ } = self;
        number.is_none() && calls.is_none() && scope.is_none() && self.is_of_any_date()
    }

    /// Whether dates do not matter.
    pub(super) fn is_of_any_date(&self) -> bool {
        !self.expired && self.older_than.is_none()
    }

    /// Whether an entry of this date and lifetime passes.
    pub(super) fn admits(&self, created: Timestamp, lifetime: Lifetime, now: Timestamp) -> bool {
        let age = created.age_at(now);
        // A date in the future says nothing of the age, and is not to be relied on.
        (!self.expired || age.is_none_or(|age| !lifetime.covers(age)))
            && self.older_than.is_none_or(|limit| age.is_some_and(|age| !limit.covers(age)))
    }

    /// The condition over `entry` and `command` that all but the dates make, and its parameters.
    ///
    /// # Errors
    /// As SQLite, which is asked what entries were stored with.
    pub(super) fn condition(&self, connection: &Connection) -> Result<WhereClause, StoreError> {
        let mut all = WhereClause::default();
        if let Some(number) = self.number {
            all.require("entry.id = ?", [Parameter::Number(number)]);
        }
        if let Some(calls) = &self.calls {
            all.require_any(sought(connection, calls)?.into_iter().map(of_name));
        }
        all.require_scope(self.scope.as_deref());
        Ok(all)
    }

    /// The condition over `command` for those of which every entry is meant, if there can be such.
    pub(super) fn whole_commands(&self) -> Option<WhereClause> {
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
fn of_name(Sought { name, matching, ignored }: Sought) -> (String, Vec<Parameter>) {
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

/// The words that a call starts with, and their length: encoded words are a prefix of all that
/// starts with them, and the name of an interpreted script starts with its interpreter and options.
fn beginning(name: &CommandName) -> Vec<Parameter> {
    let words = whole(name);
    let length = codec::stored_count(words.len() as u64);
    vec![Parameter::Number(length), Parameter::Bytes(words)]
}

/// All words of a call.
pub(super) fn whole(name: &CommandName) -> Vec<u8> {
    [name.name(), name.arguments()].concat()
}

/// A condition of SQL and its parameters, in order.
#[derive(Default)]
pub(super) struct WhereClause {
    terms: Vec<String>,
    parameters: Vec<Parameter>,
}

impl WhereClause {
    fn require(&mut self, term: &str, parameters: impl IntoIterator<Item = Parameter>) {
        self.terms.push(format!("({term})"));
        self.parameters.extend(parameters);
    }

    fn require_any(&mut self, terms: impl Iterator<Item = (String, Vec<Parameter>)>) {
        let (terms, parameters): (Vec<_>, Vec<_>) = terms.unzip();
        let any = if terms.is_empty() { "0".to_owned() } else { terms.join(" OR ") };
        self.require(&any, parameters.into_iter().flatten());
    }

    fn require_scope(&mut self, scope: Option<&str>) {
        if let Some(scope) = scope {
            self.require("scope = ?", [Parameter::Text(scope.to_owned())]);
        }
    }

    /// What goes behind `WHERE`.
    pub(super) fn sql(&self) -> String {
        if self.terms.is_empty() { "1".to_owned() } else { self.terms.join(" AND ") }
    }

    pub(super) fn parameters(&self) -> impl rusqlite::Params + '_ {
        rusqlite::params_from_iter(&self.parameters)
    }
}

/// A parameter of a condition.
enum Parameter {
    Bytes(Vec<u8>),
    Number(i64),
    Text(String),
}

impl Parameter {
    fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Number(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}
