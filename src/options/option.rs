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
    /// Where the help has it. Options without a heading go with every verb.
    pub heading: Option<&'static str>,
    /// Whether only the long help shows it.
    pub is_rare: bool,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is a switch.
    Nothing,
    /// One value; the last one counts.
    One(ValueShape),
    /// One of these words behind `=`, or none for the first.
    Choice(&'static str, &'static [&'static str]),
    /// Values; all of them count.
    Many(ValueShape),
    /// The same, several in one word with commas between them.
    Listed(ValueShape),
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueShape {
    /// What the help calls it.
    pub name: &'static str,
    /// What it is.
    pub kind: ValueKind,
    /// Whether it may begin with a hyphen.
    pub may_be_signed: bool,
}

/// What a value is, as far as it matters to files and to completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A number, with a unit perhaps: a file may have a bare number.
    Quantity,
    /// A list of numbers in one word.
    Quantities,
    /// Paths or globs.
    Paths,
    /// The path of a directory.
    Directory,
}

impl Shape {
    const fn new(name: &'static str, takes: Takes, heading: Option<&'static str>) -> Self {
        Self { name, alias: None, letter: None, takes, heading, is_rare: false }
    }

    pub(super) const fn switch(name: &'static str) -> Self {
        Self::new(name, Takes::Nothing, None)
    }

    pub(super) const fn one(name: &'static str, value: ValueShape) -> Self {
        Self::new(name, Takes::One(value), None)
    }

    pub(super) const fn many(name: &'static str, value: ValueShape) -> Self {
        Self::new(name, Takes::Many(value), None)
    }

    pub(super) const fn listed(name: &'static str, value: ValueShape) -> Self {
        Self::new(name, Takes::Listed(value), None)
    }

    pub(super) const fn choice(
        name: &'static str,
        value_name: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self::new(name, Takes::Choice(value_name, words), None)
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

impl ValueShape {
    const fn new(name: &'static str, kind: ValueKind) -> Self {
        let may_be_signed = matches!(kind, ValueKind::Quantity | ValueKind::Quantities);
        Self { name, kind, may_be_signed }
    }
}

pub(super) const fn text(name: &'static str) -> ValueShape {
    ValueShape::new(name, ValueKind::Text)
}

/// Text that often looks like an option.
pub(super) const fn words(name: &'static str) -> ValueShape {
    ValueShape { may_be_signed: true, ..text(name) }
}

pub(super) const fn quantity(name: &'static str) -> ValueShape {
    ValueShape::new(name, ValueKind::Quantity)
}

pub(super) const fn quantities(name: &'static str) -> ValueShape {
    ValueShape::new(name, ValueKind::Quantities)
}

pub(super) const fn paths(name: &'static str) -> ValueShape {
    ValueShape::new(name, ValueKind::Paths)
}

pub(super) const fn directory(name: &'static str) -> ValueShape {
    ValueShape::new(name, ValueKind::Directory)
}

impl Takes {
    /// The shape of its values.
    #[must_use]
    pub fn value(self) -> Option<ValueShape> {
        match self {
            Self::One(value) | Self::Many(value) | Self::Listed(value) => Some(value),
            Self::Nothing | Self::Choice(..) => None,
        }
    }

    /// Whether all values count, and not only the last.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Many(_) | Self::Listed(_))
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
            Takes::Listed(_) => Ok(words.iter().flat_map(|word| items(word)).collect()),
            _ => Ok(words),
        }
    }
}

/// The items between commas. A list may end in a comma.
fn items(word: &OsStr) -> impl Iterator<Item = OsString> {
    let items = word.as_bytes().split(|byte| *byte == b',').filter(|item| !item.is_empty());
    items.map(|item| OsString::from_vec(item.to_vec()))
}
