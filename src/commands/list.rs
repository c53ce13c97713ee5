//! `cachex list`: what is stored, newest first.

use super::answer::{print, print_more, print_styled};
use super::entry_facts::{has_expired, json_of, time_left};
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
use std::path::Path;

/// This many entries are read and printed at once, so that a long list takes little memory.
const AT_ONCE: usize = 2000;

/// Prints a line for each entry.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ListOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let selection = selection(&options.filters);
    let selected = with_store(directory, notices, |store| store.select(&selection))?;
    let (now, screen) = (Timestamp::now(), Screen::own());
    if selected.is_empty() && (options.json || screen.is_terminal()) {
        return print(if options.json { "[]\n" } else { "nothing stored\n" });
    }
    let mut table = Table::columns(HEADINGS);
    let mut opening = "[";
    for part in selected.chunks(AT_ONCE) {
        let entries = with_store(directory, notices, |store| store.describe(part))?;
        let text = if options.json {
            let entries: Vec<_> = entries.iter().map(|entry| json_of(entry, now)).collect();
            let array = json(&entries)?;
            let Some(items) = array.strip_prefix('[').and_then(|it| it.strip_suffix("\n]\n"))
            else {
                continue;
            };
            format!("{}{items}", std::mem::replace(&mut opening, ","))
        } else {
            for entry in &entries {
                let tone = if has_expired(entry, now) { Tone::Faint } else { Tone::Plain };
                table.push(tone, row(entry, now));
            }
            table.render(screen)
        };
        if !print_more(&text)? {
            return Ok(());
        }
    }
    match (options.json, opening) {
        (false, _) if selected.is_empty() => print_styled(&table.render(screen)),
        (false, _) => Ok(()),
        // All of them were removed meanwhile.
        (true, "[") => print("[]\n"),
        (true, _) => print("\n]\n"),
    }
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
        escape_words(words),
    ]
}
