//! `cachex show`: prints all about one entry, or the bytes that it replays.

use super::answer::{print, print_styled, printed};
use super::entry_facts::{json_of, time_left};
use super::entry_inputs;
use super::json::{self, json, object};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::entry::{Condition, Description, StdinKind};
use crate::error::Error;
use crate::inputs::ListedInput;
use crate::options::ShowOptions;
use crate::recording::Body;
use crate::size::Size;
use crate::store::{Calls, Selection};
use crate::terminal::{Notices, Stream, escape_os, escape_words};
use crate::time::{Timestamp, brief};
use serde::Serialize;
use std::path::Path;

/// Prints the newest entry that the options select.
///
/// # Errors
/// When there is none, or the store cannot be used.
pub fn run(options: &ShowOptions, directory: &Path, notices: &Notices) -> Result<(), Error> {
    let calls = Calls { words: options.command.clone(), matching: None };
    let calls = options.id.is_none().then_some(calls);
    let selection = Selection { number: options.id, calls, ..Selection::all() };
    let wanted = wanted_stream(options);
    let found = with_store(directory, notices, |store| {
        store.newest(&selection, |store, description| {
            let entry = &description.entry;
            let output = wanted.map(|_| store.output(entry)).transpose()?;
            let inputs = store.listed_inputs(entry)?;
            Ok((description, output.flatten(), inputs))
        })
    })?;
    let Some((description, output, inputs)) = found else {
        let problem = "no such entry; `cachex list` shows what there is";
        return Err(Error::Failed(problem.to_owned()));
    };
    let now = Timestamp::now();
    if options.json {
        let inputs = inputs.map(|inputs| inputs.iter().map(json_of_input).collect());
        return print(&json(&ShownEntry { entry: json_of(&description, now), inputs })?);
    }
    match wanted {
        Some(wanted) => print_output(output, wanted),
        None => print_styled(&tell(&description, inputs.as_deref(), now)),
    }
}

/// An entry as JSON, with what it depends on.
#[derive(Serialize)]
struct ShownEntry<E, I> {
    #[serde(flatten)]
    entry: E,
    /// `null` if the run was not traced, or if they cannot be read.
    inputs: Option<Vec<I>>,
}

fn json_of_input(input: &ListedInput) -> impl Serialize + use<> {
    object! {
        path: json::text(&input.path),
        follow: input.follow,
        asked: input.looks.names().collect::<Vec<_>>(),
        found: input.found,
    }
}

fn wanted_stream(options: &ShowOptions) -> Option<Stream> {
    match (options.stdout, options.stderr) {
        (true, _) => Some(Stream::Stdout),
        (_, true) => Some(Stream::Stderr),
        _ => None,
    }
}

fn print_output(output: Option<Body>, wanted: Stream) -> Result<(), Error> {
    let Some(body) = output else {
        return Err(Error::Failed("the entry is damaged".to_owned()));
    };
    printed(body.for_each_chunk(|stream, bytes| {
        if stream == wanted { Stream::Stdout.write_all(bytes) } else { Ok(()) }
    }))
}

/// All about an entry. `inputs` are those of a traced run, if there are any that can be read.
fn tell(description: &Description, inputs: Option<&[ListedInput]>, now: Timestamp) -> String {
    let Description { entry, scope, words, directory, output, hits, last_used, .. } = description;
    let ago = |at: Timestamp| {
        at.age_at(now)
            .map_or_else(|| "in the future".to_owned(), |age| format!("{} ago", brief(age)))
    };
    let stdin = match entry.condition {
        Condition::StdinUnread => "not read: matches any input but a file",
        Condition::StdinUntouched => "not touched: matches any input",
        Condition::StdinAbsent => "none",
        Condition::StdinClosed => "closed",
        Condition::StdinSilent(StdinKind::Socket) => "an open socket from which nothing came",
        Condition::StdinSilent(_) => "an open pipe from which nothing came",
        Condition::StdinEmpty(StdinKind::Pipe) => "an empty pipe",
        Condition::StdinEmpty(StdinKind::Socket) => "an empty socket",
        Condition::StdinEmpty(StdinKind::File) => "an empty file",
        Condition::Stdin { kind: StdinKind::Pipe, .. } => "read: the same bytes from a pipe only",
        Condition::Stdin { kind: StdinKind::Socket, .. } => {
            "read: the same bytes from a socket only"
        }
        Condition::Stdin { kind: StdinKind::File, .. } => "read: the same bytes from a file only",
        Condition::StdinFile { .. } => "a file: the same bytes at the same offset only",
    };
    let lines = [
        ("entry", entry.id.to_string()),
        ("command", escape_words(words)),
        ("scope", if scope.is_empty() { "-".to_owned() } else { escape_os(scope.as_ref()) }),
        (
            "directory",
            directory.as_ref().map_or_else(|| "any".to_owned(), |d| escape_os(d.as_os_str())),
        ),
        ("stdin", stdin.to_owned()),
        ("stored", ago(entry.created)),
        ("time left", time_left(description, now)),
        ("exit code", entry.exit.status().to_string()),
        ("ran for", brief(entry.elapsed)),
        ("output", Size(*output).to_string()),
        ("hits", hits.to_string()),
        ("last used", ago(*last_used)),
    ];
    let mut facts = Table::facts();
    for (name, value) in lines {
        facts.push(Tone::Plain, [name.to_owned(), value]);
    }
    if entry.inputs.is_some() {
        facts.push(Tone::Plain, ["inputs".to_owned(), entry_inputs::in_short(inputs)]);
    }
    let screen = Screen::own();
    let listed = inputs.map(|inputs| entry_inputs::in_full(inputs, screen));
    facts.render(screen) + &listed.unwrap_or_default()
}
