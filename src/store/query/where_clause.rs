//! An SQL condition that is put together term by term.

use rusqlite::types::Value;

/// An SQL condition and its parameters, in order.
#[derive(Default)]
pub struct WhereClause {
    terms: Vec<String>,
    parameters: Vec<Value>,
}

impl WhereClause {
    pub(super) fn require(&mut self, term: &str, parameters: impl IntoIterator<Item = Value>) {
        self.terms.push(format!("({term})"));
        self.parameters.extend(parameters);
    }

    pub(super) fn require_any(&mut self, terms: impl Iterator<Item = (String, Vec<Value>)>) {
        let (terms, parameters): (Vec<_>, Vec<_>) = terms.unzip();
        let any = if terms.is_empty() { "0".to_owned() } else { terms.join(" OR ") };
        self.require(&any, parameters.into_iter().flatten());
    }

    /// The text after `WHERE`.
    pub fn sql(&self) -> String {
        if self.terms.is_empty() { "1".to_owned() } else { self.terms.join(" AND ") }
    }

    pub fn parameters(&self) -> impl rusqlite::Params + '_ {
        rusqlite::params_from_iter(&self.parameters)
    }
}
