//! `cachex stats`: prints how much is stored, how often it was used, and how much time that saved.

use super::answer::print_styled;
use super::json::{self, json, object};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::table::{Table, bar};
use crate::error::Error;
use crate::options::StatsOptions;
use crate::size::Size;
use crate::store::{Statistics, Totals};
use crate::terminal::{Notices, escape_words};
use crate::time::brief;
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;

/// Prints the totals of the store and of each command.
///
/// # Errors
/// When the store cannot be used.
pub fn run(options: &StatsOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let statistics = with_store(directory, notices, crate::store::Store::statistics)?;
    let text = if options.json {
        json(&json_of(&statistics))?
    } else if options.markdown {
        markdown(&statistics)
    } else {
        tables(&statistics, Screen::own())
    };
    print_styled(&text)
}

fn tables(statistics: &Statistics, screen: Screen) -> String {
    let Statistics { disk, whole, commands } = statistics;
    let mut facts = Table::facts();
    for (name, value) in [
        ("entries", whole.entries.to_string()),
        ("output", Size(whole.output).to_string()),
        ("on disk", Size(*disk).to_string()),
        ("hits", whole.hits.to_string()),
        ("misses", whole.misses.to_string()),
        ("hit rate", rate(whole, screen).trim().to_owned()),
        ("saved", brief(whole.saved)),
    ] {
        facts.push(Tone::Plain, [name.to_owned(), value]);
    }
    let table = match commands.as_slice() {
        [] => String::new(),
        commands if screen.is_narrow() => brief_table(commands).render(screen),
        commands => table(commands, screen).render(screen),
    };
    format!("{}{}{table}", facts.render(screen), if table.is_empty() { "" } else { "\n" })
}

fn table(commands: &[(Vec<OsString>, Totals)], screen: Screen) -> Table<7> {
    // Aligned with the start of the rate and its bar.
    let rate_heading =
        format!("{:<width$}", "RATE", width = rate(&Totals::default(), screen).len());
    let headings = ["HITS", "MISSES", &rate_heading, "SAVED", "ENTRIES", "SIZE", "COMMAND"];
    let mut table = Table::columns(headings);
    for (words, totals) in commands {
        let cells = [
            totals.hits.to_string(),
            totals.misses.to_string(),
            rate(totals, screen),
            brief(totals.saved),
            totals.entries.to_string(),
            Size(totals.output).to_string(),
            escape_words(words),
        ];
        table.push(Tone::Plain, cells);
    }
    table
}

/// The table for a narrow terminal.
fn brief_table(commands: &[(Vec<OsString>, Totals)]) -> Table<4> {
    let mut table = Table::columns(["HITS", "RATE", "SAVED", "COMMAND"]);
    for (words, totals) in commands {
        let cells =
            [totals.hits.to_string(), percent(totals), brief(totals.saved), escape_words(words)];
        table.push(Tone::Plain, cells);
    }
    table
}

/// The hit rate, with a bar on a terminal.
fn rate(totals: &Totals, screen: Screen) -> String {
    let percent = percent(totals);
    if screen.is_terminal() {
        format!("{percent:>4} {}", bar(totals.hit_rate().unwrap_or_default(), 10))
    } else {
        percent
    }
}

fn percent(totals: &Totals) -> String {
    totals.hit_rate().map_or_else(|| "-".to_owned(), |rate| format!("{:.0}%", rate * 100.0))
}

/// A Markdown table, for the summary of a CI job.
fn markdown(Statistics { whole, commands, .. }: &Statistics) -> String {
    let line = |name: &str, totals: &Totals| {
        let Totals { entries, output, hits, misses, saved } = totals;
        let (rate, saved, output) = (percent(totals), brief(*saved), Size(*output));
        format!("| {name} | {hits} | {misses} | {rate} | {saved} | {entries} | {output} |\n")
    };
    let mut text = "| command | hits | misses | hit rate | time saved | entries | output |\n\
                    |---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (words, totals) in commands {
        text += &line(&code(&escape_words(words)), totals);
    }
    text + &line("**all**", whole)
}

/// Text as code in a cell, inside a fence that is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}

/// The statistics as JSON.
fn json_of(Statistics { disk, whole, commands }: &Statistics) -> impl Serialize {
    let command = |(words, totals): &(Vec<OsString>, Totals)| {
        let Totals { entries, output, hits, misses, saved } = *totals;
        object! {
            command: json::texts(words),
            entries: entries,
            output_bytes: output,
            hits: hits,
            misses: misses,
            hit_rate: totals.hit_rate(),
            saved: json::seconds(saved),
        }
    };
    let Totals { entries, output, hits, misses, saved } = *whole;
    object! {
        disk_bytes: *disk,
        entries: entries,
        output_bytes: output,
        hits: hits,
        misses: misses,
        // `null` if there were no calls.
        hit_rate: whole.hit_rate(),
        saved: json::seconds(saved),
        commands: commands.iter().map(command).collect::<Vec<_>>(),
    }
}
