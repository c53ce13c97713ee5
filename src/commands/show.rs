//! `cachex show`: prints all about one entry, the bytes that it replays, or a file that it brings back.

use super::answer::{print, print_styled, printed};
use super::entry_facts::{json_of, time_left};
use super::entry_outputs::OutputList;
use super::json::{self, json, object};
use super::opening::with_store;
use super::screen::{Screen, Tone};
use super::table::Table;
use super::{entry_inputs, entry_outputs};
use crate::entry::{Condition, Description, EntryOrigin, StdinKind};
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
            let origin = store.origin(entry)?;
            let outputs = OutputList::read(store, entry)?;
            let file = options.output.as_deref().map(|path| {
                let content = outputs.content_at(path)?;
                Ok((store.open_object(&content.0.0), content))
            });
            let shown = ShownEntry { description, origin, inputs, outputs };
            Ok((shown, output.flatten(), file))
        })
    })?;
    let Some((shown, output, file)) = found else {
        let wanted = options.id.map_or_else(|| "for this command".to_owned(), |id| id.to_string());
        let problem = format!("no entry {wanted}; `cachex list` shows what there is");
        return Err(Error::Failed(problem));
    };
    let now = Timestamp::now();
    if options.json {
        return print(&json(&shown.for_json(now))?);
    }
    if let Some(file) = file {
        let (opened, content) = file?;
        return entry_outputs::print_content(opened, content);
    }
    match wanted {
        Some(wanted) => print_output(output, wanted),
        None => print_styled(&shown.tell(now)),
    }
}

/// An entry with its inputs and output files.
struct ShownEntry {
    description: Description,
    origin: EntryOrigin,
    /// The inputs of a traced run, if they can be read.
    inputs: Option<Vec<ListedInput>>,
    outputs: OutputList,
}

#[derive(Serialize)]
struct EntryAsJson<E, I, O> {
    #[serde(flatten)]
    entry: E,
    origin: &'static str,
    /// `null` if the run was not traced, or if they cannot be read.
    inputs: Option<Vec<I>>,
    /// `null` if they cannot be read.
    outputs: Option<Vec<O>>,
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
        let problem = "the output is damaged or missing; the next call runs the command again";
        return Err(Error::Failed(problem.to_owned()));
    };
    printed(body.for_each_chunk(|stream, bytes| {
        if stream == wanted { Stream::Stdout.write_all(bytes) } else { Ok(()) }
    }))
}

impl ShownEntry {
    fn for_json(&self, now: Timestamp) -> impl Serialize + use<> {
        let Self { description, origin, inputs, outputs } = self;
        let inputs = inputs.as_ref();
        let listed = || outputs.entries().iter().map(entry_outputs::json_of).collect();
        EntryAsJson {
            entry: json_of(description, now),
            origin: match origin {
                EntryOrigin::Run => "run",
                EntryOrigin::Remote => "remote",
            },
            inputs: inputs.map(|inputs| inputs.iter().map(json_of_input).collect()),
            outputs: (!matches!(outputs, OutputList::Damaged)).then(listed),
        }
    }

    /// Everything about the entry, as text.
    fn tell(&self, now: Timestamp) -> String {
        let Self { description, origin, inputs, outputs } = self;
        let inputs = inputs.as_deref();
        let screen = Screen::own();
        let mut facts = facts(description, now);
        if *origin == EntryOrigin::Remote {
            let recorded = ago(description.entry.created, now);
            let origin = format!("a remote: another machine recorded it {recorded}");
            facts.push(Tone::Plain, ["origin".to_owned(), origin]);
        }
        if description.entry.inputs.is_some() {
            facts.push(Tone::Plain, ["inputs".to_owned(), entry_inputs::in_short(inputs)]);
        }
        if let Some(outputs) = outputs.in_short() {
            facts.push(Tone::Plain, ["outputs".to_owned(), outputs]);
        }
        let inputs = inputs.map(|inputs| entry_inputs::in_full(inputs, screen));
        let outputs = entry_outputs::in_full(outputs.entries(), screen);
        facts.render(screen) + &inputs.unwrap_or_default() + &outputs
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    at.age_at(now).map_or_else(|| "in the future".to_owned(), |age| format!("{} ago", brief(age)))
}

fn facts(description: &Description, now: Timestamp) -> Table<2> {
    let Description { entry, scope, words, directory, output, hits, last_used, .. } = description;
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
        ("stored", ago(entry.created, now)),
        ("time left", time_left(description, now)),
        ("exit code", entry.exit.status().to_string()),
        ("ran for", brief(entry.elapsed)),
        ("output", Size(*output).to_string()),
        ("hits", hits.to_string()),
        ("last used", ago(*last_used, now)),
    ];
    let mut facts = Table::facts();
    for (name, value) in lines {
        facts.push(Tone::Plain, [name.to_owned(), value]);
    }
    facts
}
