//! `cachex list`: what is stored, newest first.

use super::answer::{print, print_styled};
use super::entry_facts::{JsonEntry, has_expired, time_left};
use super::filters::selection;
use super::json::json;
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::entry::Description;
use crate::error::Error;
use crate::options::ListOptions;
use crate::size::Size;
use crate::terminal::{Notices, escape_words};
use crate::time::{Timestamp, brief};
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
