//! Turns a value in a file into the words that mean the same on the command line.
//!
//! Knows which values fit which kind of option, and no option.

use super::anchor::anchored;
use crate::options::layer::RunOption;
use crate::options::shape::{Takes, ValueKind};
use std::ffi::OsString;
use std::path::Path;
use toml::de::DeValue;

/// The words for a value in a file in `directory`, where paths in it start. None stand for the default.
pub(super) fn words(
    option: &RunOption,
    value: &DeValue<'_>,
    directory: &Path,
) -> Result<Vec<OsString>, String> {
    let takes = option.shape.takes;
    let kind = takes.kind().unwrap_or(ValueKind::Text);
    let words = match (value, takes) {
        (DeValue::Boolean(true), Takes::Nothing) => vec!["true".to_owned()],
        (DeValue::Boolean(false), Takes::Nothing | Takes::Choice(..)) => Vec::new(),
        (_, Takes::Nothing) => return Err("expected true or false".to_owned()),
        (DeValue::Boolean(true), Takes::Choice(words, _)) => {
            words.first().map(|word| (*word).to_owned()).into_iter().collect()
        }
        (DeValue::Array(items), _) if takes.is_repeatable() || kind == ValueKind::Quantities => {
            let words = items.iter().map(|item| word(option, item.get_ref()));
            words.collect::<Result<_, _>>()?
        }
        (value, _) => vec![word(option, value)?],
    };
    let words = match kind {
        ValueKind::Quantities if !words.is_empty() => vec![words.join(",")],
        ValueKind::Path | ValueKind::Directory => {
            words.iter().map(|word| anchored(word, directory)).collect::<Result<_, _>>()?
        }
        _ => words,
    };
    Ok(words.into_iter().map(OsString::from).collect())
}

/// The word for one value of an option that is no switch. Where any text will do, a number has to be in quotes: its
/// spelling would count.
fn word(option: &RunOption, value: &DeValue<'_>) -> Result<String, String> {
    let takes = option.shape.takes;
    let is_number = takes.kind().is_none_or(ValueKind::is_numeric);
    match value {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) if is_number && number.radix() == 10 => {
            Ok(number.as_str().to_owned())
        }
        DeValue::Float(number) if is_number => Ok(number.as_str().to_owned()),
        _ if takes.is_repeatable() => Err("expected a string or strings".to_owned()),
        _ if !is_number => Err("expected a string".to_owned()),
        _ => Err("expected a string or a number".to_owned()),
    }
}
