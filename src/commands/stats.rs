//! `cachex stats`: prints how much is stored, how often it was used, and how much time that saved.

use super::answer::{print, print_more, print_styled};
use super::json::{self, json, object};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::shortened::Shortener;
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
    if options.json {
        print_json(&statistics)
    } else if options.markdown {
        print(&markdown(&statistics))
    } else {
        print_tables(&statistics, Screen::own())
    }
}

fn print_tables(statistics: &Statistics, screen: Screen) -> Result<(), Error> {
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
    let facts = facts.render(screen);
    if commands.is_empty() {
        return print_styled(&facts);
    }
    if !print_more(&format!("{facts}\n"))? {
        return Ok(());
    }
    let shortener = Shortener::of(screen);
    if screen.is_narrow() {
        let headings = ["HITS", "RATE", "SAVED", "COMMAND"];
        return print_table(headings, commands, screen, |words, it| {
            [it.hits.to_string(), percent(it), brief(it.saved), shortener.command(words)]
        });
    }
    // Aligned with the start of the rate and its bar.
    let rate_heading =
        format!("{:<width$}", "RATE", width = rate(&Totals::default(), screen).len());
    let headings = ["HITS", "MISSES", &rate_heading, "SAVED", "ENTRIES", "SIZE", "COMMAND"];
    print_table(headings, commands, screen, |words, it| {
        [
            it.hits.to_string(),
            it.misses.to_string(),
            rate(it, screen),
            brief(it.saved),
            it.entries.to_string(),
            Size(it.output).to_string(),
            shortener.command(words),
        ]
    })
}

/// A long table is printed in parts of this many commands, so that it takes little memory.
const AT_ONCE: usize = 2000;

fn print_table<const N: usize>(
    headings: [&str; N],
    commands: &[(Vec<OsString>, Totals)],
    screen: Screen,
    cells: impl Fn(&[OsString], &Totals) -> [String; N],
) -> Result<(), Error> {
    let mut table = Table::columns(headings);
    for part in commands.chunks(AT_ONCE) {
        for (words, totals) in part {
            table.push(Tone::Plain, cells(words, totals));
        }
        if !print_more(&table.render(screen))? {
            break;
        }
    }
    Ok(())
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

/// Text as code in a cell. Its fence is longer than any run of backticks in the text.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}

/// Prints the statistics as JSON, with the commands in parts.
fn print_json(Statistics { disk, whole, commands }: &Statistics) -> Result<(), Error> {
    let Totals { entries, output, hits, misses, saved } = *whole;
    let head = json(&object! {
        disk_bytes: *disk,
        entries: entries,
        output_bytes: output,
        hits: hits,
        misses: misses,
        // `null` if there were no calls.
        hit_rate: whole.hit_rate(),
        saved: json::seconds(saved),
        commands: [(); 0],
    })?;
    let Some((head, _)) = head.rsplit_once(']').filter(|_| !commands.is_empty()) else {
        return print(&head);
    };
    if !print_more(head)? {
        return Ok(());
    }
    let mut separator = "";
    for part in commands.chunks(AT_ONCE) {
        let part = json(&object! { commands: part.iter().map(json_of).collect::<Vec<_>>() })?;
        let Some(items) = part.split_once('[').and_then(|(_, it)| it.strip_suffix("\n  ]\n}\n"))
        else {
            continue;
        };
        if !print_more(&format!("{}{items}", std::mem::replace(&mut separator, ",")))? {
            return Ok(());
        }
    }
    print("\n  ]\n}\n")
}

fn json_of((words, totals): &(Vec<OsString>, Totals)) -> impl Serialize + use<> {
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
}
