//! The text that is shown where the command line cannot be understood, or is a call for help.

use super::command::command;
use crate::error::Error;
use crate::terminal::{self, Stream, escape_os, is_unseen};
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

    /// What clap says of a command line, if it does not accept it. clap quotes words as they are, so it gets those that
    /// could act on a terminal escaped.
    fn of(words: &[OsString]) -> Option<Self> {
        let is_hostile = |word: &OsString| word.to_string_lossy().contains(is_unseen);
        let harmless = |word| if is_hostile(word) { escape_os(word).into() } else { word.clone() };
        let error = command().try_get_matches_from(words.iter().map(harmless)).err()?;
        let stream = if error.use_stderr() { Stream::Stderr } else { Stream::Stdout };
        let text = error.render();
        let is_styled = stream.shows_colours() && !words.iter().any(is_hostile);
        let text = if is_styled { text.ansi().to_string() } else { text.to_string() };
        Some(Self { text, stream, code: error.exit_code().try_into().unwrap_or(2) })
    }
}
