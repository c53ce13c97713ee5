//! The entries that a filter selects, as an SQL condition.
//!
//! `clear`, `list`, `show` and `prune` share it.

use super::call_pattern::{CallPattern, Calls, Matching, as_typed, patterns, whole};
use super::where_clause::WhereClause;
use crate::key::{decode_words, encode_words};
use crate::store::error::StoreError;
use crate::store::sqlite::{codec, rows};
use crate::time::{Lifetime, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The entries that pass every filter that is set, or all entries if none is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The entry with this id.
    pub number: Option<i64>,
    /// Entries of these calls.
    pub calls: Option<Calls>,
    /// Entries of this scope.
    pub scope: Option<String>,
    /// Entries that the call that stored them would not replay any more.
    pub expired: bool,
    /// Entries that have reached this age.
    pub older_than: Option<Lifetime>,
    /// Entries of calls in this directory, if the directory counted for them.
    pub directory: Option<PathBuf>,
}

impl Selection {
    /// This selection widened to longer argument lists, if it selects a single list.
    pub fn and_longer(&self) -> Option<Self> {
        let calls = self.calls.as_ref().filter(|calls| calls.matching.is_none())?;
        let calls = Calls { matching: Some(Matching::StartingWith), ..calls.clone() };
        Some(Self { calls: Some(calls), ..self.clone() })
    }

    /// Every entry.
    pub fn all() -> Self {
        Self::default()
    }

    /// Every expired entry.
    pub fn expired() -> Self {
        Self { expired: true, ..Self::default() }
    }

    /// Whether no filter is set.
    pub(in crate::store) fn is_all(&self) -> bool {
        let Self { number, calls, scope, directory, expired: _, older_than: _ } = self;
        number.is_none()
            && calls.is_none()
            && scope.is_none()
            && directory.is_none()
            && self.is_of_any_date()
    }

    /// Whether dates do not matter.
    pub(in crate::store) fn is_of_any_date(&self) -> bool {
        !self.expired && self.older_than.is_none()
    }

    /// The selected entries, in descending order of a column if one is given, or else in no order. Of two with the same value the newer
    /// comes first.
    pub(in crate::store) fn entries(
        &self,
        connection: &Connection,
        column: Option<&str>,
    ) -> Result<Vec<SelectedEntry>, StoreError> {
        let condition = self.condition(connection)?;
        let order = column.map(|it| format!(" ORDER BY {it} DESC, created DESC, id DESC"));
        let sql = format!(
            "SELECT id, created FROM entry WHERE {}{}",
            condition.sql(),
            order.unwrap_or_default()
        );
        rows::all(connection, &sql, condition.parameters(), |row| {
            Ok(SelectedEntry { id: row.get(0)?, created: Timestamp::from_millis(row.get(1)?) })
        })
    }

    /// The ids of at most this many selected entries, in no order.
    pub(in crate::store) fn some(
        &self,
        connection: &Connection,
        most: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let condition = self.condition(connection)?;
        numbers(connection, &format!("{} LIMIT {most}", condition.sql()), &condition)
    }

    /// The ids of the entries that are not selected, if whole commands are selected and the entries of all others are
    /// few.
    pub(in crate::store) fn few_others(
        &self,
        connection: &Connection,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        let Some(commands) = self.whole_commands() else { return Ok(None) };
        let sql = format!(
            "SELECT total(entries * is_whole), total(entries * NOT is_whole), total(output * NOT is_whole)
             FROM (SELECT entries, output, {} AS is_whole FROM command)",
            commands.sql()
        );
        let [whole, others, output]: [f64; 3] =
            connection.query_row(&sql, commands.parameters(), |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?])
            })?;
        if !self.is_all() && (whole < MANY || others > FEW || output > FEW_BYTES) {
            return Ok(None);
        }
        let of_others =
            format!("command IN (SELECT id FROM command WHERE NOT ({}))", commands.sql());
        numbers(connection, &of_others, &commands).map(Some)
    }

    /// How many entries are selected, and their bytes of output.
    pub(in crate::store) fn total(
        &self,
        connection: &Connection,
    ) -> Result<(u64, u64), StoreError> {
        let condition = self.condition(connection)?;
        // The inner query is answered by an index.
        let sql = format!(
            "SELECT count(*), CAST(total(max(output, 0)) AS INTEGER) FROM entry
             WHERE id IN (SELECT id FROM entry WHERE {})",
            condition.sql()
        );
        Ok(connection.query_row(&sql, condition.parameters(), |row| {
            Ok((codec::unsigned(row.get(0)?), codec::unsigned(row.get(1)?)))
        })?)
    }

    /// The condition on rows of `entry`. Every term except the directory has an index.
    fn condition(&self, connection: &Connection) -> Result<WhereClause, StoreError> {
        let mut all = WhereClause::default();
        if let Some(number) = self.number {
            all.require("id = ?", [Value::Integer(number)]);
        }
        if let Some(calls) = &self.calls {
            all.require_any(patterns(connection, calls)?.into_iter().flat_map(terms));
        }
        if let Some(scope) = &self.scope {
            let of_scope = "command IN (SELECT id FROM command WHERE scope = ?)";
            all.require(of_scope, [Value::Text(scope.clone())]);
        }
        if let Some(directory) = &self.directory {
            let path = directory.as_os_str().as_bytes().to_vec();
            all.require("directory = ?", [Value::Blob(path)]);
        }
        let now = Timestamp::now().as_millis();
        if self.expired {
            let [at, by] = [now; 2].map(Value::Integer);
            all.require("created > ? OR created + max(lifetime, 0) <= ?", [at, by]);
        }
        match self.older_than {
            // A date in the future says nothing about the age.
            Some(Lifetime::For(age)) => {
                let then = now.saturating_sub(codec::stored_millis(age));
                all.require("created <= ?", [Value::Integer(then)]);
            }
            Some(Lifetime::Unlimited) => all.require("0", []),
            None => {}
        }
        Ok(all)
    }

    /// The condition on rows of `command` for commands of which every entry is selected, if there can be any.
    pub(in crate::store) fn whole_commands(&self) -> Option<WhereClause> {
        if self.number.is_some() || self.directory.is_some() || !self.is_of_any_date() {
            return None;
        }
        let mut all = WhereClause::default();
        if let Some(calls) = &self.calls {
            let calls = as_typed(calls).into_iter();
            let open_ended = calls.filter(|it| it.matching == Matching::StartingWith);
            all.require_any(open_ended.map(|it| starts_with("name", &whole(&it.name))));
        }
        if let Some(scope) = &self.scope {
            all.require("scope = ?", [Value::Text(scope.clone())]);
        }
        Some(all)
    }
}

/// The ids of entries that satisfy `sql`, the text after `WHERE`.
fn numbers(
    connection: &Connection,
    sql: &str,
    condition: &WhereClause,
) -> Result<Vec<i64>, StoreError> {
    rows::column(connection, &format!("SELECT id FROM entry WHERE {sql}"), condition.parameters())
}

/// If at least this many entries are removed, it pays to empty the table and store the few others again.
const MANY: f64 = 5000.0;

/// At most this many other entries are few.
const FEW: f64 = 1000.0;

/// The entries are few only if their output has at most this many bytes.
const FEW_BYTES: f64 = (16 << 20) as f64;

/// An entry that a filter selects. Ordered by date, and then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SelectedEntry {
    /// When it was stored.
    pub(in crate::store) created: Timestamp,
    /// Its id.
    pub(in crate::store) id: i64,
}

/// Conditions for the entries that match a pattern; one of them has to hold.
fn terms(CallPattern { name, matching, ignored }: CallPattern) -> Vec<(String, Vec<Value>)> {
    let of_name = "command IN (SELECT id FROM command WHERE name = ?)";
    let mut terms = match matching {
        Matching::Exactly => {
            let arguments = name.arguments();
            vec![(
                // `substr` of an empty blob is NULL, hence `IS`.
                format!("{of_name} AND {INDEXED} IS substr(?, 1, 200) AND arguments = ?"),
                [name.name(), arguments, arguments].map(|it| it.to_vec().into()).into(),
            )]
        }
        Matching::StartingWith => all_that_start_with(&whole(&name)),
    };
    if let Some(ignored) = ignored {
        for (term, parameters) in &mut terms {
            term.push_str(" AND ignored = ?");
            parameters.push(ignored.clone().into());
        }
    }
    terms.into_iter().map(|(term, parameters)| (format!("({term})"), parameters)).collect()
}

/// The part of the arguments that is in the index of calls.
const INDEXED: &str = "substr(arguments, 1, 200)";

/// The part of these arguments that is looked up in that index.
fn indexed(arguments: &[u8]) -> &[u8] {
    &arguments[..arguments.len().min(200)]
}

/// Conditions for entries whose name and arguments, in a row, start with these words. The name of an interpreted
/// script starts with its interpreter and options, so the words may end within a name or within the arguments.
fn all_that_start_with(words: &[u8]) -> Vec<(String, Vec<Value>)> {
    let (of_name, parameters) = starts_with("name", words);
    let within_name = format!("command IN (SELECT id FROM command WHERE {of_name})");
    let mut terms = vec![(within_name, parameters)];
    let decoded = decode_words(words).unwrap_or_default();
    for count in 1..decoded.len() {
        let name = encode_words(decoded.iter().take(count).map(OsString::as_os_str));
        let arguments = &words[name.len()..];
        let (in_index, indexed) = starts_with(INDEXED, indexed(arguments));
        let (in_row, whole) = starts_with("arguments", arguments);
        let of_name = "command IN (SELECT id FROM command WHERE name = ?)";
        let parameters = [Value::Blob(name)].into_iter().chain(indexed).chain(whole);
        terms.push((format!("{of_name} AND {in_index} AND {in_row}"), parameters.collect()));
    }
    terms
}

/// The condition that a column starts with these bytes, as a range of its index.
fn starts_with(column: &str, bytes: &[u8]) -> (String, Vec<Value>) {
    let at_least = format!("{column} >= ?");
    let Some(last) = bytes.iter().rposition(|byte| *byte < u8::MAX) else {
        return (at_least, vec![bytes.to_vec().into()]);
    };
    let mut end = bytes[..=last].to_vec();
    end[last] += 1;
    (format!("{at_least} AND {column} < ?"), vec![bytes.to_vec().into(), end.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_holds_exactly_the_values_with_its_prefix(
            start in proptest::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..4),
            other in proptest::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..6),
            is_below in any::<bool>(),
        ) {
            let other = if is_below { [&start[..], &other].concat() } else { other };
            let (condition, parameters) = starts_with("x", &start);
            let connection = Connection::open_in_memory().expect("opened");
            let sql = format!("SELECT {condition} FROM (SELECT CAST(?1 AS BLOB) AS x)");
            let sql = sql.replacen("x < ?", "x < ?3", 1).replacen("x >= ?", "x >= ?2", 1);
            let all = std::iter::once(Value::Blob(other.clone())).chain(parameters);
            let all: Vec<_> = all.collect();
            let found = connection
                .query_row(&sql, rusqlite::params_from_iter(&all), |row| row.get::<_, bool>(0))
                .expect("compared");
            prop_assert_eq!(found, other.starts_with(&start));
        }
    }
}
