//! Which keys there are, and what their values are on the command line.

use super::anchor::anchored;
use crate::options::definitions::{self as cli, Cli};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, CommandFactory, ValueHint};
use std::any::TypeId;
use std::error::Error as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::DeValue;

/// The options that a file can set: those that a variable can set.
#[derive(Debug)]
pub struct Vocabulary(Vec<KnownOption>);

/// An option of the command line.
#[derive(Debug)]
pub struct KnownOption {
    option: Arg,
    variable: String,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let command = Cli::command();
        let known =
            |(option, variable): (&Arg, _)| KnownOption { option: option.clone(), variable };
        Self(cli::variables(&command).into_iter().map(known).collect())
    }
}

impl Vocabulary {
    /// In the order of the help.
    pub fn options(&self) -> impl Iterator<Item = &KnownOption> {
        self.0.iter()
    }

    pub(super) fn find(&self, name: &str) -> Option<&KnownOption> {
        self.0.iter().find(|option| option.name() == name)
    }

    /// The key that was meant by one that does not exist; `more` is no option and can be meant too.
    pub(super) fn nearest<'v>(&'v self, name: &str, more: &'v str) -> Option<&'v str> {
        if let Some(known) = self.0.iter().find(|known| known.has_alias(name)) {
            return known.option.get_long();
        }
        let distance = |known: &&str| strsim::damerau_levenshtein(name, known);
        let nearest = self.0.iter().map(KnownOption::name).chain([more]).min_by_key(distance)?;
        (distance(&nearest) <= 1 + nearest.len() / 5).then_some(nearest)
    }
}

impl KnownOption {
    /// The long name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.option.get_long().unwrap_or_default()
    }

    /// What clap knows it by.
    #[must_use]
    pub fn id(&self) -> &str {
        self.option.get_id().as_str()
    }

    /// The variable that sets it.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// Whether it takes no value.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        matches!(self.option.get_action(), ArgAction::SetTrue)
    }

    /// Whether it can be given more than once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        matches!(self.option.get_action(), ArgAction::Append)
    }

    /// Whether a word of it is several, with commas between them.
    #[must_use]
    pub fn splits_at_commas(&self) -> bool {
        self.option.get_value_delimiter().is_some()
    }

    /// Its default, as the help tells it.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        let help = self.option.get_help()?.to_string();
        let (_, default) = help.rsplit_once("[default: ")?;
        default.split(']').next().map(str::to_owned)
    }

    /// The words that say on the command line what `value` says in a file in `directory`.
    pub(super) fn words(
        &self,
        value: &DeValue<'_>,
        directory: &Path,
    ) -> Result<Vec<String>, String> {
        let words = match (value, self.word_without_value()) {
            (DeValue::Boolean(true), Some(word)) => vec![word],
            (DeValue::Boolean(false), Some(_)) => Vec::new(),
            (_, Some(_)) if self.is_switch() => return Err("expected true or false".to_owned()),
            (DeValue::Array(items), _) if self.is_repeatable() || self.takes_list() => {
                items.iter().map(|item| self.word(item.get_ref())).collect::<Result<_, _>>()?
            }
            (value, _) => vec![self.word(value)?],
        };
        let words = match words {
            words if self.takes_list() && !words.is_empty() => vec![words.join(",")],
            words if self.is_path() => {
                words.iter().map(|word| anchored(word, directory)).collect::<Result<_, _>>()?
            }
            words => words,
        };
        self.check(&words)?;
        Ok(words)
    }

    /// The word of one value that is no switch.
    fn word(&self, value: &DeValue<'_>) -> Result<String, String> {
        match value {
            DeValue::String(text) => Ok(text.clone().into_owned()),
            DeValue::Integer(number) if !self.is_text() && number.radix() == 10 => {
                Ok(number.as_str().to_owned())
            }
            DeValue::Float(number) if !self.is_text() => Ok(number.as_str().to_owned()),
            _ if self.is_repeatable() => Err("expected a string or strings".to_owned()),
            _ if self.is_text() => Err("expected a string".to_owned()),
            _ => Err("expected a string or a number".to_owned()),
        }
    }

    /// Whether any text will do, so that a number would be taken for its spelling.
    fn is_text(&self) -> bool {
        let kind = self.option.get_value_parser().type_id();
        [TypeId::of::<String>(), TypeId::of::<OsString>(), TypeId::of::<PathBuf>()]
            .iter()
            .any(|text| kind == *text)
    }

    /// Whether its one value is a list with commas.
    fn takes_list(&self) -> bool {
        self.has_value_name(&["LIST"]) && !self.is_repeatable()
    }

    fn is_path(&self) -> bool {
        matches!(
            self.option.get_value_hint(),
            ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath
        ) || self.has_value_name(&["PATH", "DIR", "FILE"])
    }

    fn has_value_name(&self, names: &[&str]) -> bool {
        let mut shown = self.option.get_value_names().unwrap_or_default().iter();
        shown.any(|shown| shown.split('|').any(|name| names.contains(&name)))
    }

    fn has_alias(&self, name: &str) -> bool {
        self.option.get_all_aliases().unwrap_or_default().contains(&name)
    }

    /// What the option means when it stands alone, if it may.
    fn word_without_value(&self) -> Option<String> {
        if self.is_switch() {
            return Some("true".to_owned());
        }
        let may_stand_alone =
            self.option.get_num_args().is_some_and(|count| count.min_values() == 0);
        let words = [format!("--{}", self.name())];
        let option = self.option.clone().env(clap::builder::Resettable::Reset);
        let matches = may_stand_alone.then(|| alone(option).try_get_matches_from(words).ok());
        let word = matches??.get_raw(self.id())?.next()?.to_str()?.to_owned();
        Some(word)
    }

    /// Lets the option's own parser judge.
    fn check(&self, words: &[String]) -> Result<(), String> {
        if words.is_empty() {
            return Ok(());
        }
        // Without what ties it to other options, which are not there.
        let option = Arg::new("value")
            .long("value")
            .action(self.option.get_action().clone())
            .value_parser(self.option.get_value_parser().clone())
            .value_delimiter(self.option.get_value_delimiter())
            .default_values(words);
        alone(option).try_get_matches_from([""; 0]).map(drop).map_err(|error| {
            match (error.source(), error.get(ContextKind::ValidValue)) {
                (Some(reason), _) => reason.to_string(),
                (None, Some(ContextValue::Strings(valid))) => {
                    format!("expected {}", valid.join(", "))
                }
                _ => error.kind().to_string(),
            }
        })
    }
}

fn alone(option: Arg) -> Command {
    Command::new("cachex").no_binary_name(true).disable_help_flag(true).arg(option)
}

/// A value as the file has it, on one line.
pub(super) fn source_of<'t, T>(text: &'t str, value: &Spanned<T>) -> String {
    const LONGEST: usize = 60;
    let source: &'t str = text.get(value.span()).unwrap_or_default();
    let line = source.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(LONGEST).collect();
    if shown.len() < source.len() { format!("{shown}…") } else { shown }
}
