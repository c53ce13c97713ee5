//! What is shown where the command line cannot be understood, or is a call for help.
//!
//! clap quotes words and values as they are. Where one of them could act on a terminal the text is made
//! without colours, so that every control character in it is of a word.

use super::{Cli, parse_in_full, variables};
use crate::terminal::{escape_os, is_unseen};
use clap::CommandFactory;
use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue};
use std::error::Error as _;
use std::ffi::OsString;

/// A text that ends the call.
#[derive(Debug)]
pub struct Usage {
    /// The text without colours.
    pub plain: String,
    /// The same with colours, where none of it can be of a word.
    pub styled: Option<String>,
    /// Whether it is an error, and no help.
    pub is_error: bool,
    /// The exit status.
    pub code: u8,
}

impl Usage {
    pub(super) fn new(error: clap::Error, words: &[OsString]) -> Self {
        let variables = variables::counted();
        let values = variables.iter().filter_map(std::env::var_os);
        let is_seen = |word: OsString| !word.to_string_lossy().contains(is_unseen);
        let (is_error, code) = (error.use_stderr(), error.exit_code().try_into().unwrap_or(2));
        if words.iter().cloned().chain(values).all(is_seen) {
            let text = error.render();
            let (plain, styled) = (text.to_string(), Some(text.ansi().to_string()));
            return Self { plain, styled, is_error, code };
        }
        let command = Cli::command().styles(Styles::plain());
        let error = parse_in_full(words, &variables, command).err().unwrap_or(error);
        Self { plain: plain_text(&error), styled: None, is_error, code }
    }
}

/// What an error says that was made without colours, each word that it quotes on one line.
#[must_use]
pub fn plain_text(error: &clap::Error) -> String {
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
