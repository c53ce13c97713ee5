//! The methods of an option of the table.
//!
//! [`RunOption::read`] is the one way into a layer, from argv, variables and files alike. No option is known here by name.

use super::layer::{Layer, RUN_OPTIONS, RunOption};
use super::shape::Takes;
use super::source::{Given, Source};
use super::values::{BadValue, is_on};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

impl RunOption {
    /// The option of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        RUN_OPTIONS.iter().find(|option| option.name() == name)
    }

    /// The long name.
    pub fn name(&self) -> &'static str {
        self.shape.name
    }

    /// Whether it is a switch.
    pub fn is_switch(&self) -> bool {
        self.shape.takes == Takes::Nothing
    }

    /// Whether it goes with every verb.
    pub fn is_common(&self) -> bool {
        self.shape.heading.is_none()
    }

    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("CACHEX_{}", self.name().replace('-', "_").to_uppercase())
    }

    /// Its default, from the help.
    pub fn default(&self) -> Option<&'static str> {
        let (line, _) = self.help.split_once('\n')?;
        let (_, default) = line.rsplit_once("[default: ")?;
        default.split(']').next()
    }

    /// What a layer has for this option.
    pub fn given<'l>(&self, layer: &'l Layer) -> Option<&'l Given> {
        (self.given)(layer)
    }

    /// Reads its words into a layer.
    ///
    /// # Errors
    /// The word that cannot be read.
    pub(super) fn read(
        &self,
        layer: &mut Layer,
        words: Vec<OsString>,
        source: Source,
    ) -> Result<(), BadValue> {
        (self.set)(layer, self.normal(words)?, source)
    }

    /// The words as a layer has them: `true` of a switch that is on, each item of a list.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static RunOption {
        RunOption::named(name).expect(name)
    }

    #[test]
    fn an_option_is_described_by_its_row() {
        assert!(named("warm").is_switch() && !named("ttl").is_switch());
        assert!(named("quiet").is_common() && !named("ttl").is_common());
        assert_eq!(named("no-cache").variable(), "CACHEX_NO_CACHE");
        assert!(RunOption::named("no-such").is_none());
    }

    #[test]
    fn a_default_stands_in_the_first_line_of_the_help() {
        for (name, default) in [
            ("ttl", Some("none")),
            ("failure-ttl", Some("60s")),
            ("max-size", Some("2GiB")),
            ("spinner", Some("Running `COMMAND`")),
            ("env", None),
        ] {
            assert_eq!(named(name).default(), default, "{name}");
        }
        let odd = RunOption { help: "A [default: 1] B\nC [default: 2]\n", ..*named("ttl") };
        assert_eq!(odd.default(), Some("1"));
        let odd = RunOption { help: "A\nC [default: 2]\n", ..*named("ttl") };
        assert_eq!(odd.default(), None);
    }

    #[test]
    fn the_last_word_of_a_switch_counts() {
        for (words, kept) in [
            (&["1"][..], &["true"][..]),
            (&["no", "YES"], &["true"]),
            (&["yes", "0"], &[]),
            (&[], &[]),
        ] {
            let mut layer = Layer::default();
            let words = words.iter().map(OsString::from).collect();
            named("warm").read(&mut layer, words, Source::Variable).expect("read");
            assert_eq!(layer.warm.given().expect("given").words, kept);
            assert_eq!(layer.warm.is_on(), !kept.is_empty());
        }
    }

    #[test]
    fn a_list_is_split_at_commas() {
        let mut layer = Layer::default();
        let words = vec!["A,,B,".into(), "".into(), "C".into()];
        named("env").read(&mut layer, words, Source::Flag).expect("read");
        assert_eq!(layer.env.given().expect("given").words, ["A", "B", "C"]);
    }
}
