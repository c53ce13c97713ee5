//! What one option is: its names, what it takes, its help, and how its value gets into a [`Layer`].
//!
//! Everything that reads or describes options goes through this: argv, variables, files, clap, `cachex
//! config`. It knows no option by its meaning.

use super::layer::Layer;
use super::source::{Given, Source};
use super::values::{BadValue, is_on};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// An option of a run.
pub struct RunOption {
    /// What it looks like.
    pub shape: Shape,
    /// Its help: a line, and behind an empty line what more there is to say.
    pub(super) help: &'static str,
    /// Reads its words into a layer.
    pub(super) set: fn(&mut Layer, Vec<OsString>, Source) -> Result<(), BadValue>,
    /// What a layer has of it.
    pub(super) given: fn(&Layer) -> Option<&Given>,
}

/// What an option looks like on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The long name, which is also the key in a file.
    pub name: &'static str,
    /// Another long name.
    pub alias: Option<&'static str>,
    /// The letter.
    pub letter: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// The heading in the help. An option without one goes with every verb.
    pub heading: Option<&'static str>,
    /// Whether only the long help shows it.
    pub is_rare: bool,
}

/// What an option takes: a value has a kind, and a name in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is a switch.
    Nothing,
    /// One value; the last one counts.
    One(ValueKind, &'static str),
    /// One of these words behind `=`, or nothing for the first of them.
    Choice(&'static [&'static str], &'static str),
    /// Values that count together.
    Many(ValueKind, &'static str),
    /// The same, several in one word with commas between them.
    Listed(ValueKind, &'static str),
}

/// What a value is, as far as it matters to the command line, files and completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// Text that may begin with a hyphen.
    Words,
    /// A number, with a unit perhaps. A file may have a bare number.
    Quantity,
    /// Numbers in one word with commas between them.
    Quantities,
    /// A path or a glob.
    Path,
    /// The path of a directory.
    Directory,
}

impl Shape {
    pub(super) const fn new(name: &'static str, takes: Takes) -> Self {
        Self { name, alias: None, letter: None, takes, heading: None, is_rare: false }
    }

    pub(super) const fn under(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    pub(super) const fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    pub(super) const fn also(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    pub(super) const fn rare(self) -> Self {
        Self { is_rare: true, ..self }
    }
}

impl Takes {
    /// What its values are. Those of a choice are its own words.
    #[must_use]
    pub fn kind(self) -> Option<ValueKind> {
        match self {
            Self::One(kind, _) | Self::Many(kind, _) | Self::Listed(kind, _) => Some(kind),
            Self::Nothing | Self::Choice(..) => None,
        }
    }

    /// Whether all values count, and not only the last.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Many(..) | Self::Listed(..))
    }
}

impl ValueKind {
    /// Whether it may be a number, which a file can have without quotes.
    pub(super) fn is_numeric(self) -> bool {
        matches!(self, Self::Quantity | Self::Quantities)
    }

    /// Whether it may begin with a hyphen: a negative number is a bad value and no option.
    pub(super) fn may_be_signed(self) -> bool {
        self.is_numeric() || self == Self::Words
    }
}

impl RunOption {
    /// The long name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.shape.name
    }

    /// Whether it is a switch.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.shape.takes == Takes::Nothing
    }

    /// Whether it goes with every verb.
    #[must_use]
    pub fn is_common(&self) -> bool {
        self.shape.heading.is_none()
    }

    /// The variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("CACHEX_{}", self.name().replace('-', "_").to_uppercase())
    }

    /// Its default, as the help tells it.
    #[must_use]
    pub fn default(&self) -> Option<&'static str> {
        let (line, _) = self.help.split_once('\n')?;
        let (_, default) = line.rsplit_once("[default: ")?;
        default.split(']').next()
    }

    /// What a layer has of it.
    #[must_use]
    pub fn given<'l>(&self, layer: &'l Layer) -> Option<&'l Given> {
        (self.given)(layer)
    }

    /// Reads its words, and puts what they mean into a layer.
    ///
    /// # Errors
    /// The word that means nothing.
    pub(super) fn read(
        &self,
        layer: &mut Layer,
        words: Vec<OsString>,
        source: Source,
    ) -> Result<(), BadValue> {
        (self.set)(layer, self.normal(words)?, source)
    }

    /// The words as they are kept: of a switch `true` or none, of a list each item.
    fn normal(&self, words: Vec<OsString>) -> Result<Vec<OsString>, BadValue> {
        match self.shape.takes {
            Takes::Nothing => {
                let is_on = words.last().map_or(Ok(false), |word| is_on(word))?;
                Ok(if is_on { vec!["true".into()] } else { Vec::new() })
            }
            Takes::Listed(..) => Ok(words.iter().flat_map(|word| items(word)).collect()),
            _ => Ok(words),
        }
    }
}

/// The items between commas. A list may end in a comma.
fn items(word: &OsStr) -> impl Iterator<Item = OsString> {
    let items = word.as_bytes().split(|byte| *byte == b',').filter(|item| !item.is_empty());
    items.map(|item| OsString::from_vec(item.to_vec()))
}
