//! What `list` and `show` say of an entry beside its plain data.

use super::json;
use crate::entry::Description;
use crate::time::{Lifetime, Timestamp, brief};
use serde::Serialize;

/// The time left by the lifetime of the call that stored it. A later call may ask for another lifetime.
pub(super) fn time_left(description: &Description, now: Timestamp) -> String {
    let age = description.entry.created.age_at(now).unwrap_or_default();
    match description.lifetime {
        _ if has_expired(description, now) => "expired".to_owned(),
        Lifetime::Unlimited => "-".to_owned(),
        Lifetime::For(limit) => brief(limit.saturating_sub(age)),
    }
}

/// Whether it has expired, by the same lifetime.
pub(super) fn has_expired(
    Description { entry, lifetime, .. }: &Description,
    now: Timestamp,
) -> bool {
    entry.created.age_at(now).is_none_or(|age| !lifetime.covers(age))
}

/// An entry as JSON. These field names are stable.
#[derive(Debug, Serialize)]
pub(super) struct JsonEntry {
    id: i64,
    command: Vec<String>,
    scope: String,
    directory: Option<String>,
    exit: u8,
    created: f64,
    age: Option<f64>,
    /// `null` if it does not expire.
    ttl: Option<f64>,
    expired: bool,
    elapsed: f64,
    output_bytes: u64,
    hits: u64,
    last_used: f64,
}

impl JsonEntry {
    pub(super) fn new(description: &Description, now: Timestamp) -> Self {
        let Description { entry, scope, words, directory, lifetime, output, hits, last_used } =
            description;
        Self {
            id: entry.id,
            command: json::texts(words),
            scope: scope.clone(),
            directory: directory.as_ref().map(json::text),
            exit: entry.exit.status(),
            created: json::date(entry.created),
            age: entry.created.age_at(now).map(json::seconds),
            ttl: match lifetime {
                Lifetime::For(limit) => Some(json::seconds(*limit)),
                Lifetime::Unlimited => None,
            },
            expired: has_expired(description, now),
            elapsed: json::seconds(entry.elapsed),
            output_bytes: *output,
            hits: *hits,
            last_used: json::date(*last_used),
        }
    }
}
