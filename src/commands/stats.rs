//! `cachex stats`: prints how much is stored, how often it was used, and how much time that saved.

use super::answer::{print, print_more, print_styled};
use super::json::{self, object};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::shortened::Shortener;
use super::table::{Table, bar};
use crate::error::Error;
use crate::options::StatsOptions;
use crate::size::Size;
use crate::store::{RemoteUses, Statistics, Totals};
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
    let Statistics { disk, whole, remote, commands } = statistics;
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
    for (name, value) in remote.iter().flat_map(of_remote) {
        facts.push(Tone::Plain, [format!("remote {name}"), value]);
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

/// What there is to say of a remote.
fn of_remote(uses: &RemoteUses) -> [(&'static str, String); 9] {
    let RemoteUses { hits, misses, faults, refused, pushed, received, sent, waited, saved } = *uses;
    [
        ("hits", hits.to_string()),
        ("misses", misses.to_string()),
        ("faults", faults.to_string()),
        ("refused", refused.to_string()),
        ("pushed", pushed.to_string()),
        ("received", Size(received).to_string()),
        ("sent", Size(sent).to_string()),
        ("waited", brief(waited)),
        ("saved", brief(saved)),
    ]
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

/// Markdown tables, for the summary of a CI job.
fn markdown(Statistics { whole, remote, commands, .. }: &Statistics) -> String {
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
    text + &line("**all**", whole) + &remote.as_ref().map(markdown_of_remote).unwrap_or_default()
}

fn markdown_of_remote(uses: &RemoteUses) -> String {
    let (names, values): (Vec<_>, Vec<_>) = of_remote(uses).into_iter().unzip();
    let (names, rules) = (names.join(" | "), "--:|".repeat(values.len()));
    format!("\n| remote {names} |\n|{rules}\n| {} |\n", values.join(" | "))
}

/// Text as code in a cell. Its fence is longer than any run of backticks in the text.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}

/// All as JSON but the commands.
#[derive(Serialize)]
struct JsonStatistics<T, R> {
    disk_bytes: u64,
    #[serde(flatten)]
    whole: T,
    /// Left out if no remote was ever used.
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<R>,
    commands: [(); 0],
}

#[derive(Serialize)]
struct JsonCommand<T> {
    command: Vec<String>,
    #[serde(flatten)]
    totals: T,
}

fn print_json(Statistics { disk, whole, remote, commands }: &Statistics) -> Result<(), Error> {
    let remote = remote.map(json_of_remote);
    let frame =
        JsonStatistics { disk_bytes: *disk, whole: json_of(whole), remote, commands: [(); 0] };
    let of_command = |(words, totals): &(Vec<OsString>, Totals)| JsonCommand {
        command: json::texts(words),
        totals: json_of(totals),
    };
    json::print_long(
        &frame,
        commands.chunks(AT_ONCE).map(|part| Ok(part.iter().map(of_command).collect())),
    )
}

fn json_of_remote(uses: RemoteUses) -> impl Serialize {
    object! {
        hits: uses.hits,
        misses: uses.misses,
        faults: uses.faults,
        refused: uses.refused,
        pushed: uses.pushed,
        received_bytes: uses.received,
        sent_bytes: uses.sent,
        waited: json::seconds(uses.waited),
        saved: json::seconds(uses.saved),
    }
}

fn json_of(totals: &Totals) -> impl Serialize + use<> {
    let Totals { entries, output, hits, misses, saved } = *totals;
    object! {
        entries: entries,
        output_bytes: output,
        hits: hits,
        misses: misses,
        // `null` if there were no calls.
        hit_rate: totals.hit_rate(),
        saved: json::seconds(saved),
    }
}
