//! The text that is shown where the command line cannot be understood, or is a call for help.
//!
//! clap quotes words and values as they are. Where one of them could act on a terminal the text is made
//! without colours, so that every control character in it is of a word.

use super::command::command;
use crate::error::Error;
use crate::terminal::{self, Stream, escape_os, is_unseen};
use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue};
use std::error::Error as _;
use std::ffi::OsString;

/// Help, or what clap says of a command line.
#[derive(Debug)]
pub struct Usage {
    /// The text, in the colours that its stream shows.
    text: String,
    /// Where it goes: help is an answer.
    stream: Stream,
    /// The exit status.
    code: u8,
}

/// Why a call ends before anything is done.
#[derive(Debug)]
pub enum EarlyExit {
    /// Help, or an error in clap's words.
    Usage(Usage),
    /// An error in our own words.
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
        Usage::of(words).map_or(Self::Error(Error::Usage(otherwise)), Self::Usage)
    }
}

impl Usage {
    /// Prints the text. The exit status.
    #[must_use]
    pub fn show(&self) -> u8 {
        // If that fails there is no other place for the message.
        let _ = terminal::print_styled(self.stream, &self.text);
        self.code
    }

    /// What clap says of a command line, if it does not accept it.
    fn of(words: &[OsString]) -> Option<Self> {
        let is_seen = words.iter().all(|word| !word.to_string_lossy().contains(is_unseen));
        let command = if is_seen { command() } else { command().styles(Styles::plain()) };
        let error = command.try_get_matches_from(words).err()?;
        let stream = if error.use_stderr() { Stream::Stderr } else { Stream::Stdout };
        let text = match error.render() {
            _ if !is_seen => plain_text(&error),
            text if stream.shows_colours() => text.ansi().to_string(),
            text => text.to_string(),
        };
        Some(Self { text, stream, code: error.exit_code().try_into().unwrap_or(2) })
    }
}

/// The text of an error that was made without colours, with each quoted word escaped.
fn plain_text(error: &clap::Error) -> String {
    let mut text = error.render().ansi().to_string();
    let quoted = error.context().flat_map(|(kind, value)| match (kind, value) {
        (ContextKind::Usage, _) => Vec::new(),
        (_, ContextValue::String(word)) => vec![word.clone()],
        (_, ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    });
    for word in quoted.chain(error.source().map(ToString::to_string)) {
        if word.contains(is_unseen) {
            text = text.replace(&word, &escape_os(word.as_ref()));
        }
    }
    text
}
