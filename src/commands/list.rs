//! `cachex list`: what is stored, newest first.

use super::filters::selection;
use super::{printed, with_store};
use crate::cli::ListOptions;
use crate::entry::Description;
use crate::error::Error;
use crate::size::Size;
use crate::terminal::{Stream, escape_os, escape_words, print};
use crate::time::{Lifetime, Timestamp, brief};
use console::{Term, measure_text_width, truncate_str};
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;

/// Prints a line for each entry.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ListOptions, directory: &Path) -> Result<(), Error> {
    let selection = selection(&options.filters);
    let entries = with_store(directory, |store| store.list(&selection))?;
    let now = Timestamp::now();
    if options.json {
        let entries: Vec<_> = entries.iter().map(|entry| JsonEntry::new(entry, now)).collect();
        return printed(print(&format!("{}\n", json(&entries)?)));
    }
    let rows: Vec<_> = entries.iter().map(|entry| row(entry, now)).collect();
    let width = Stream::Stdout.is_terminal().then(|| usize::from(Term::stdout().size().1));
    printed(print(&table(&rows, width)))
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string_pretty(value).map_err(|error| Error::Failed(error.to_string()))
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

/// By the lifetime of the call that stored it; a later call may ask for another.
pub(super) fn time_left(description: &Description, now: Timestamp) -> String {
    let age = description.entry.created.age_at(now);
    match (description.lifetime, age) {
        (Lifetime::Unlimited, Some(_)) => "-".to_owned(),
        (Lifetime::For(limit), Some(age)) if age < limit => brief(limit.saturating_sub(age)),
        _ => "expired".to_owned(),
    }
}

/// Columns as wide as they need; the last one cut to the width of the terminal.
fn table(rows: &[[String; 8]], width: Option<usize>) -> String {
    if rows.is_empty() && width.is_some() {
        return "nothing stored\n".to_owned();
    }
    let headings = HEADINGS.map(str::to_owned);
    let lines: Vec<&[String; 8]> = std::iter::once(&headings).chain(rows).collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        lines.iter().map(|line| measure_text_width(&line[column])).max().unwrap_or(0)
    });
    let mut text = String::new();
    for line in lines {
        let mut shown = String::new();
        for (column, cell) in line.iter().enumerate() {
            if column + 1 < line.len() {
                shown += &" ".repeat(widths[column] - measure_text_width(cell));
                shown += cell;
                shown += "  ";
            } else {
                shown += cell;
            }
        }
        match width {
            Some(width) => text += &truncate_str(&shown, width, "…"),
            None => text += &shown,
        }
        text.push('\n');
    }
    text
}

/// An entry as JSON: these names and units stay. Times are seconds, dates seconds since the epoch;
/// bytes that are not UTF-8 are escaped.
#[derive(Debug, Serialize)]
pub(super) struct JsonEntry {
    id: i64,
    command: Vec<String>,
    scope: String,
    directory: Option<String>,
    exit: u8,
    created: f64,
    age: Option<f64>,
    /// `null`: it does not expire.
    ttl: Option<f64>,
    expired: bool,
    elapsed: f64,
    output_bytes: u64,
    hits: u64,
    last_used: f64,
}

impl JsonEntry {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a date fit into 52 bits")]
    pub(super) fn new(description: &Description, now: Timestamp) -> Self {
        let Description { entry, scope, words, directory, lifetime, output, hits, last_used } =
            description;
        let seconds = |at: Timestamp| at.as_millis() as f64 / 1000.0;
        let age = entry.created.age_at(now);
        Self {
            id: entry.id,
            command: words.iter().map(|word| escape_os(word)).collect(),
            scope: scope.clone(),
            directory: directory.as_ref().map(|path| escape_os(path.as_os_str())),
            exit: entry.exit.status(),
            created: seconds(entry.created),
            age: age.map(|age| age.as_secs_f64()),
            ttl: match lifetime {
                Lifetime::For(limit) => Some(limit.as_secs_f64()),
                Lifetime::Unlimited => None,
            },
            expired: age.is_none_or(|age| !lifetime.covers(age)),
            elapsed: entry.elapsed.as_secs_f64(),
            output_bytes: *output,
            hits: *hits,
            last_used: seconds(*last_used),
        }
    }
}
