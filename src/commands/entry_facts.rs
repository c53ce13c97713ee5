//! Facts about an entry that `list` and `show` derive from its plain data.

use super::json::{self, object};
use crate::entry::Description;
use crate::time::{Lifetime, Timestamp, brief};
use serde::Serialize;

/// The time that is left under the lifetime of the call that stored it. A later call may ask for another lifetime.
pub(super) fn time_left(description: &Description, now: Timestamp) -> String {
    let age = description.entry.created.age_at(now).unwrap_or_default();
    match description.lifetime {
        _ if has_expired(description, now) => "expired".to_owned(),
        Lifetime::Unlimited => "-".to_owned(),
        Lifetime::For(limit) => brief(limit.saturating_sub(age)),
    }
}

/// Whether it has expired under that lifetime.
pub(super) fn has_expired(
    Description { entry, lifetime, .. }: &Description,
    now: Timestamp,
) -> bool {
    entry.created.age_at(now).is_none_or(|age| !lifetime.covers(age))
}

/// An entry as JSON.
pub(super) fn json_of(description: &Description, now: Timestamp) -> impl Serialize + use<> {
    let Description { entry, scope, words, directory, lifetime, output, hits, last_used } =
        description;
    object! {
        id: entry.id,
        command: json::texts(words),
        scope: scope.clone(),
        directory: directory.as_ref().map(json::text),
        exit: entry.exit.status(),
        created: json::date(entry.created),
        age: entry.created.age_at(now).map(json::seconds),
        // `null` if it does not expire.
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
