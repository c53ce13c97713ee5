//! `cachex list`: prints the entries, newest first.

use super::answer::{print, print_more, print_styled};
use super::entry_facts::{has_expired, json_of, time_left};
use super::filters::selection;
use super::json::print_long;
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::shortened::Shortener;
use super::table::Table;
use super::variants::{Variants, variants};
use crate::entry::{Description, Entry};
use crate::error::Error;
use crate::options::{ListOptions, SortKey};
use crate::size::Size;
use crate::store::{ListOrder, SelectedEntry, Selection};
use crate::terminal::Notices;
use crate::time::{Timestamp, brief};
use std::collections::HashMap;
use std::path::Path;

/// A long list is read and printed in parts of this many entries, so that it takes little memory.
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
        let now = Timestamp::now();
        let parts = selected.chunks(AT_ONCE).map(describe);
        let json_of_part =
            |part: Vec<Description>| part.iter().map(|entry| json_of(entry, now)).collect();
        return print_long(&[(); 0], parts.map(|part| part.map(json_of_part)));
    }
    if selected.is_empty() && screen.is_terminal() {
        return print("nothing stored\n");
    }
    let first = describe(&selected[..selected.len().min(AT_ONCE)])?;
    let distinctions =
        |part: &[&Entry]| with_store(directory, notices, |store| store.distinctions(part));
    let columns = Columns {
        directories: are_told_apart_by_directory(&first),
        variants: !variants(&first, distinctions)?.is_empty(),
        shortener: Shortener::of(screen),
    };
    let (now, mut table) = (Timestamp::now(), Table::columns(columns.headings()));
    for part in selected.chunks(AT_ONCE) {
        let entries = describe(part)?;
        let mut variants =
            if columns.variants { variants(&entries, distinctions)? } else { Variants::new() };
        for entry in &entries {
            let tone = if has_expired(entry, now) { Tone::Faint } else { Tone::Plain };
            table.push(tone, columns.row(entry, variants.remove(&entry.entry.id), now));
        }
        if !print_more(&table.render(screen))? {
            return Ok(());
        }
    }
    print_styled(&table.render(screen))
}

/// Whether there are entries of the same command line in several directories. In a long list the first part decides.
fn are_told_apart_by_directory(entries: &[Description]) -> bool {
    let mut directories = HashMap::new();
    entries.iter().any(|entry| {
        let known = directories.entry(&entry.words).or_insert(&entry.directory);
        *known != &entry.directory
    })
}

/// The columns of a list. Directories and variants have a column only if entries could not be distinguished without it.
struct Columns {
    directories: bool,
    variants: bool,
    shortener: Shortener,
}

impl Columns {
    fn headings(&self) -> [&'static str; 10] {
        let directory = if self.directories { "DIRECTORY" } else { "" };
        let variant = if self.variants { "VARIANT" } else { "" };
        ["ID", "AGE", "LEFT", "EXIT", "SIZE", "TIME", "HITS", directory, variant, "COMMAND"]
    }

    fn row(&self, entry: &Description, variant: Option<String>, now: Timestamp) -> [String; 10] {
        let left = time_left(entry, now);
        let Description { entry, words, output, hits, directory, .. } = entry;
        let directory = match directory {
            _ if !self.directories => String::new(),
            Some(directory) => self.shortener.path(directory),
            None => "any".to_owned(),
        };
        [
            entry.id.to_string(),
            entry.created.age_at(now).map_or_else(|| "future".to_owned(), brief),
            left,
            entry.exit.status().to_string(),
            Size(*output).to_string(),
            brief(entry.elapsed),
            hits.to_string(),
            directory,
            variant.map(|variant| self.shortener.cell(&variant)).unwrap_or_default(),
            self.shortener.command(words),
        ]
    }
}
