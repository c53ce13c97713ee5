//! The help, and what clap says of a command line that it does not accept, in the words and the form of our own errors:
//! on one line, with what to do about it at the end.

use super::command::command;
use super::meant::nearest_verb;
use super::verbs::Verb;
use crate::error::Error;
use crate::terminal::{self, Stream, escape_os, escape_words, is_unseen};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, Subcommand};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The text of a call for help, in the colours that standard output shows.
#[derive(Debug)]
pub struct Help(String);

/// Why a call ends before anything is done.
#[derive(Debug)]
pub enum EarlyExit {
    /// Help, or the version.
    Help(Help),
    /// The command line cannot be understood.
    Error(Error),
}

impl From<Error> for EarlyExit {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl EarlyExit {
    /// What is wrong with a command line, or the help that it asks for. `otherwise` is for what clap would accept.
    pub(in crate::options) fn of_words(words: &[OsString], otherwise: String) -> Self {
        // clap quotes words as they are, so it gets those that could act on a terminal escaped.
        let is_hostile = |word: &OsString| word.to_string_lossy().contains(is_unseen);
        let harmless = |word| if is_hostile(word) { escape_os(word).into() } else { word.clone() };
        let parsed = command().try_get_matches_from(words.iter().map(harmless));
        match parsed.err() {
            Some(answer) if !answer.use_stderr() => Self::Help(Help::shown(&answer.render())),
            Some(problem) => Self::Error(Error::Usage(described(&problem, words))),
            None => Self::Error(Error::Usage(otherwise)),
        }
    }
}

impl Help {
    /// The help of cachex, or of a verb.
    pub fn of(verb: Option<&str>) -> Self {
        let words = ["cachex"].into_iter().chain(verb).chain(["--help"]);
        let text = command().color(ColorChoice::Never).try_get_matches_from(words).err();
        text.map_or_else(|| Self(String::new()), |text| Self::shown(&text.render()))
    }

    fn shown(text: &clap::builder::StyledStr) -> Self {
        let is_styled = Stream::Stdout.shows_colours();
        Self(if is_styled { text.ansi().to_string() } else { text.to_string() })
    }

    /// Prints it. The exit status.
    pub fn show(&self) -> u8 {
        // If that fails there is no other place for the message.
        let _ = terminal::print_styled(Stream::Stdout, &self.0);
        0
    }
}

/// What is wrong with a command line, and what to do about it.
fn described(problem: &clap::Error, words: &[OsString]) -> String {
    if problem.kind() == ErrorKind::MissingRequiredArgument
        && let Some(missing) = subject(problem, ContextKind::InvalidArg)
        && let Some((_, verb)) = verb_in(words)
    {
        return format!("cachex {verb} needs {missing}; see cachex {verb} --help");
    }
    let text = problem.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(what);
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = what.trim_end_matches(" found").replace(" [possible values: ", ": expected one of ");
    format!("{}; {}", what.trim_end_matches(']'), advice(problem, words))
}

/// What a problem is about.
fn subject(problem: &clap::Error, kind: ContextKind) -> Option<&str> {
    match problem.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(ContextValue::Strings(texts)) => texts.first().map(String::as_str),
        _ => None,
    }
}

fn advice(problem: &clap::Error, words: &[OsString]) -> String {
    let about = |kind| subject(problem, kind);
    let meant = about(ContextKind::SuggestedArg).or_else(|| about(ContextKind::SuggestedValue));
    if let Some(meant) = meant {
        return format!("did you mean '{meant}'?");
    }
    let Some((at, verb)) = verb_in(words) else {
        return "see cachex --help".to_owned();
    };
    let (before, rest) = (&words[1..=at], &words[at + 1..]);
    let misplaced = match (problem.kind(), about(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, word) => word,
        (ErrorKind::ValueValidation, Some("[ID]" | "[VERB]")) => about(ContextKind::InvalidValue),
        _ => None,
    };
    if let (Some("[VERB]"), Some(meant)) =
        (about(ContextKind::InvalidArg), misplaced.and_then(nearest_verb))
    {
        return format!("did you mean '{meant}'?");
    }
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    match misplaced.and_then(|word| command_in(rest, word)) {
        Some([number]) if verb == "list" && number.to_str().is_some_and(is_number) => {
            format!("to show one entry: cachex show {}", escape_os(number))
        }
        Some(command) if Verb::takes_command(verb) => {
            let options = &rest[..rest.len() - command.len()];
            let dashes = [OsString::from("--")];
            let line = [before, options, &dashes, command].concat();
            format!("put -- before a command: cachex {}", escape_words(line))
        }
        Some(_) => {
            let line = escape_words(&words[at..]);
            format!("to run a command of that name: cachex -- {line}")
        }
        None => format!("see cachex {verb} --help"),
    }
}

/// The first verb, and its place.
fn verb_in(words: &[OsString]) -> Option<(usize, &str)> {
    let mut words = words.iter().map(|word| word.to_str().unwrap_or_default()).enumerate();
    words.find(|(_, word)| Verb::has_subcommand(word))
}

/// The words from the first operand on that are a command, if this word is among them.
fn command_in<'w>(words: &'w [OsString], misplaced: &str) -> Option<&'w [OsString]> {
    let is_operand = |word: &OsString| !word.as_bytes().starts_with(b"-");
    let mut at = words.iter().position(|word| word == misplaced && is_operand(word))?;
    // What follows an option may be its value.
    while at > 0 && is_operand(&words[at - 1]) && (at < 2 || is_operand(&words[at - 2])) {
        at -= 1;
    }
    Some(&words[at..])
}
