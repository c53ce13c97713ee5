//! What can be asked of an option of the table, and how it is read.
//!
//! argv, variables and files are all read by [`RunOption::read`]. It knows no option by its meaning.

use super::layer::{Layer, RUN_OPTIONS, RunOption};
use super::shape::Takes;
use super::source::{Given, Source};
use super::values::{BadValue, is_on};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

impl RunOption {
    /// The option of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        RUN_OPTIONS.iter().find(|option| option.name() == name)
    }

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
