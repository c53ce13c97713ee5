//! `cachex list`: what is stored, newest first.

use super::answer::{print, print_more, print_styled};
use super::entry_facts::{has_expired, json_of, time_left};
use super::filters::selection;
use super::json::json;
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::shortened::Shortener;
use super::table::Table;
use crate::entry::Description;
use crate::error::Error;
use crate::options::{ListOptions, SortKey};
use crate::size::Size;
use crate::store::{ListOrder, SelectedEntry, Selection};
use crate::terminal::Notices;
use crate::time::{Timestamp, brief};
use std::collections::HashMap;
use std::path::Path;

/// This many entries are read and printed at once, so that a long list takes little memory.
const AT_ONCE: usize = 2000;

/// Prints a line for each entry.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &ListOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let here = options.here.then(std::env::current_dir).transpose();
    let here = here.map_err(|error| Error::Failed(format!("the working directory: {error}")))?;
    let selection = Selection { directory: here, ..selection(&options.filters) };
    let order = match options.sort {
        SortKey::Age => ListOrder::Newest,
        SortKey::Size => ListOrder::Largest,
        SortKey::Time => ListOrder::Slowest,
        SortKey::Hits => ListOrder::MostHits,
        SortKey::Used => ListOrder::LastUsed,
    };
    let mut selected = with_store(directory, notices, |store| store.select_in(&selection, order))?;
    selected.truncate(options.limit.unwrap_or(usize::MAX));
    let describe =
        |part: &[SelectedEntry]| with_store(directory, notices, |store| store.describe(part));
    let screen = Screen::own();
    if options.json {
        return print_json(&selected, describe);
    }
    if selected.is_empty() && screen.is_terminal() {
        return print("nothing stored\n");
    }
    let first = describe(&selected[..selected.len().min(AT_ONCE)])?;
    let shortener = Shortener::of(screen);
    if are_told_apart_by_directory(&first) {
        let [id, age, left, exit, size, time, hits, command] = HEADINGS;
        let headings = [id, age, left, exit, size, time, hits, "DIRECTORY", command];
        print_rows(headings, &selected, describe, |entry, now| {
            let [id, age, left, exit, size, time, hits, command] = row(entry, now, &shortener);
            let directory = entry.directory.as_deref();
            let directory = directory.map_or_else(|| "any".to_owned(), |it| shortener.path(it));
            [id, age, left, exit, size, time, hits, directory, command]
        })
    } else {
        print_rows(HEADINGS, &selected, describe, |entry, now| row(entry, now, &shortener))
    }
}

/// Whether there are entries of the same command line in several directories. Of a long list the first part decides.
fn are_told_apart_by_directory(entries: &[Description]) -> bool {
    let mut directories = HashMap::new();
    entries.iter().any(|entry| {
        let known = directories.entry(&entry.words).or_insert(&entry.directory);
        *known != &entry.directory
    })
}

fn print_rows<const N: usize>(
    headings: [&str; N],
    selected: &[SelectedEntry],
    describe: impl Fn(&[SelectedEntry]) -> Result<Vec<Description>, Error>,
    row: impl Fn(&Description, Timestamp) -> [String; N],
) -> Result<(), Error> {
    let (now, screen) = (Timestamp::now(), Screen::own());
    let mut table = Table::columns(headings);
    for part in selected.chunks(AT_ONCE) {
        for entry in &describe(part)? {
            let tone = if has_expired(entry, now) { Tone::Faint } else { Tone::Plain };
            table.push(tone, row(entry, now));
        }
        if !print_more(&table.render(screen))? {
            return Ok(());
        }
    }
    print_styled(&table.render(screen))
}

fn print_json(
    selected: &[SelectedEntry],
    describe: impl Fn(&[SelectedEntry]) -> Result<Vec<Description>, Error>,
) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut opening = "[";
    for part in selected.chunks(AT_ONCE) {
        let entries: Vec<_> = describe(part)?.iter().map(|entry| json_of(entry, now)).collect();
        let array = json(&entries)?;
        let items = array.strip_prefix('[').and_then(|it| it.strip_suffix("\n]\n"));
        let Some(items) = items else { continue };
        if !print_more(&format!("{}{items}", std::mem::replace(&mut opening, ",")))? {
            return Ok(());
        }
    }
    // Perhaps all of them were removed meanwhile.
    print(if opening == "[" { "[]\n" } else { "\n]\n" })
}

const HEADINGS: [&str; 8] = ["ID", "AGE", "LEFT", "EXIT", "SIZE", "TIME", "HITS", "COMMAND"];

fn row(description: &Description, now: Timestamp, shortener: &Shortener) -> [String; 8] {
    let Description { entry, words, output, hits, .. } = description;
    [
        entry.id.to_string(),
        entry.created.age_at(now).map_or_else(|| "future".to_owned(), brief),
        time_left(description, now),
        entry.exit.status().to_string(),
        Size(*output).to_string(),
        brief(entry.elapsed),
        hits.to_string(),
        shortener.command(words),
    ]
}
