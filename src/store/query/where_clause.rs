//! A condition of SQL that is put together term by term.

use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

/// A condition of SQL and its parameters, in order.
#[derive(Default)]
pub(in crate::store) struct WhereClause {
    terms: Vec<String>,
    parameters: Vec<Parameter>,
}

impl WhereClause {
    pub(super) fn require(&mut self, term: &str, parameters: impl IntoIterator<Item = Parameter>) {
        self.terms.push(format!("({term})"));
        self.parameters.extend(parameters);
    }

    pub(super) fn require_any(&mut self, terms: impl Iterator<Item = (String, Vec<Parameter>)>) {
        let (terms, parameters): (Vec<_>, Vec<_>) = terms.unzip();
        let any = if terms.is_empty() { "0".to_owned() } else { terms.join(" OR ") };
        self.require(&any, parameters.into_iter().flatten());
    }

    /// The text after `WHERE`.
    pub(in crate::store) fn sql(&self) -> String {
        if self.terms.is_empty() { "1".to_owned() } else { self.terms.join(" AND ") }
    }

    pub(in crate::store) fn parameters(&self) -> impl rusqlite::Params + '_ {
        rusqlite::params_from_iter(&self.parameters)
    }
}

/// A parameter of a condition.
pub(super) enum Parameter {
    Bytes(Vec<u8>),
    Number(i64),
    Text(String),
}

impl Parameter {
    pub(super) fn bytes(bytes: &[u8]) -> Self {
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
