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

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    fn read(line: &str) -> Result<Vec<OsString>, String> {
        let table = DeTable::parse(line).expect("TOML");
        let (name, value) = table.get_ref().iter().next().expect("a line");
        let option = RunOption::named(name.get_ref()).expect("an option");
        words(option, value.get_ref(), Path::new("/base"))
    }

    #[test]
    fn values_become_words() {
        for (line, expected) in [
            ("refresh = true", &["true"][..]),
            ("refresh = false", &[]),
            ("pty = true", &["always"]),
            ("pty = false", &[]),
            ("pty = 'auto'", &["auto"]),
            ("ttl = 1.50", &["1.50"]),
            ("ttl = '1h 30min'", &["1h 30min"]),
            ("max-entries = 7", &["7"]),
            ("cache-exit = [0, '2-3']", &["0,2-3"]),
            ("cache-exit = []", &[]),
            ("key = ['a,b', 'c']", &["a,b", "c"]),
            ("file = ['x', '/y']", &["/base/x", "/y"]),
            ("cache-dir = 'x'", &["/base/x"]),
            ("scope = 'x'", &["x"]),
        ] {
            assert_eq!(read(line).expect(line), expected, "{line}");
        }
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        for (line, reason) in [
            ("refresh = 1", "expected true or false"),
            ("scope = 5", "expected a string"),
            ("scope = 1.5", "expected a string"),
            ("cache-dir = 5", "expected a string"),
            ("key = 5", "expected a string or strings"),
            ("env = [['A']]", "expected a string or strings"),
            ("ttl = true", "expected a string or a number"),
            ("ttl = [1]", "expected a string or a number"),
            ("max-entries = 0x7", "expected a string or a number"),
        ] {
            assert_eq!(read(line), Err(reason.to_owned()), "{line}");
        }
    }
}
