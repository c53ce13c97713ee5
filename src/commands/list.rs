//! `cachex list`: what is stored, newest first.

use super::answer::{print, print_styled};
use super::filters::selection;
use super::json::{self, json};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::entry::Description;
use crate::error::Error;
use crate::options::ListOptions;
use crate::size::Size;
use crate::terminal::{Notices, escape_words};
use crate::time::{Lifetime, Timestamp, brief};
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;

/// Prints a line for each entry.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ListOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let selection = selection(&options.filters);
    let entries = with_store(directory, notices, |store| store.list(&selection))?;
    let now = Timestamp::now();
    if options.json {
        let entries: Vec<_> = entries.iter().map(|entry| JsonEntry::new(entry, now)).collect();
        return print(&json(&entries)?);
    }
    let screen = Screen::own();
    if entries.is_empty() && screen.is_terminal() {
        return print("nothing stored\n");
    }
    let mut table = Table::columns(HEADINGS);
    for entry in &entries {
        let tone = if has_expired(entry, now) { Tone::Faint } else { Tone::Plain };
        table.push(tone, row(entry, now));
    }
    print_styled(&table.render(screen))
}

const HEADINGS: [&str; 8] = ["ID", "AGE", "LEFT", "EXIT", "SIZE", "TIME", "HITS", "COMMAND"];

fn row(description: &Description, now: Timestamp) -> [String; 8] {
    let Description { entry, words, output, hits, .. } = description;
    [
        entry.id.to_string(),
        entry.created.age_at(now).map_or_else(|| "future".to_owned(), brief),
        time_left(description, now),
        entry.exit.status().to_string(),
        Size(*output).to_string(),
        brief(entry.elapsed),
        hits.to_string(),
        escape_words(words.iter().map(OsString::as_os_str)),
    ]
}

/// The time left by the lifetime of the call that stored it. A later call may ask for another lifetime.
pub(super) fn time_left(description: &Description, now: Timestamp) -> String {
    let age = description.entry.created.age_at(now).unwrap_or_default();
    match description.lifetime {
        _ if has_expired(description, now) => "expired".to_owned(),
        Lifetime::Unlimited => "-".to_owned(),
        Lifetime::For(limit) => brief(limit.saturating_sub(age)),
    }
}

fn has_expired(Description { entry, lifetime, .. }: &Description, now: Timestamp) -> bool {
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
