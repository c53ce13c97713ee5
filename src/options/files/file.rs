//! One file: from its bytes to options and rules, or what is wrong with it. Pure.

use super::options::{Vocabulary, source_of};
use super::places::Whose;
use super::refused::{RefusedKey, is_refused};
use super::rule::Rule;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// What a file says.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// For every command.
    pub defaults: Table,
    /// For some, the last one that matches being the one that counts.
    pub rules: Vec<Rule>,
    /// What it may not say.
    pub refused: Vec<RefusedKey>,
}

/// The options of a table: the id of each with the words that the command line would give it. None
/// stand for the default, whatever a farther place says.
pub type Table = BTreeMap<String, Vec<String>>;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

type Entry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

impl ConfigFile {
    /// Reads somebody's file, which lies in `directory`: paths in it start there.
    ///
    /// # Errors
    /// The first thing in it that cannot be understood.
    pub fn parse(
        bytes: &[u8],
        whose: Whose,
        directory: &Path,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = line_of(bytes, error.valid_up_to());
            Problem { line, what: "not UTF-8".to_owned() }
        })?;
        let document = DeTable::parse(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            Problem { line: line_of(bytes, start), what: error.message().to_owned() }
        })?;
        let mut reader = Reader { text, whose, directory, vocabulary, refused: Vec::new() };
        let (rules, options) = split(document.get_ref(), "rule");
        let defaults = reader.options(&options, false)?;
        let rules = rules.map_or(Ok(Vec::new()), |rules| reader.rules(rules))?;
        Ok(Self { defaults, rules, refused: reader.refused })
    }
}

struct Reader<'r> {
    text: &'r str,
    whose: Whose,
    directory: &'r Path,
    vocabulary: &'r Vocabulary,
    refused: Vec<RefusedKey>,
}

impl Reader<'_> {
    fn rules(&mut self, rules: &Spanned<DeValue<'_>>) -> Result<Vec<Rule>, Problem> {
        const SHAPE: &str = "expected [[rule]] with a command";
        let tables = rules.get_ref().as_array().ok_or_else(|| self.problem(rules, SHAPE))?;
        let mut read = Vec::new();
        for rule in tables {
            let table = rule.get_ref().as_table().ok_or_else(|| self.problem(rule, SHAPE))?;
            let (command, options) = split(table, "command");
            let command = command.ok_or_else(|| self.problem(rule, "a rule without a command"))?;
            let words = command.get_ref().as_str();
            let pattern = words.ok_or("expected a string".to_owned()).and_then(Rule::pattern);
            let words_of_command = pattern.map_err(|reason| {
                let value = source_of(self.text, command);
                self.problem(command, &format!("invalid value {value} for command: {reason}"))
            })?;
            read.push(Rule {
                command: words.unwrap_or_default().to_owned(),
                words: words_of_command,
                options: self.options(&options, true)?,
            });
        }
        Ok(read)
    }

    /// The options of a table.
    fn options(&mut self, entries: &[Entry<'_, '_>], in_rule: bool) -> Result<Table, Problem> {
        let mut options = Table::new();
        for (key, value) in entries {
            let name = key.get_ref();
            if is_refused(name, self.whose, in_rule) {
                self.refused.push(RefusedKey { line: self.line(key), name: name.to_string() });
                continue;
            }
            let Some(option) = self.vocabulary.find(name) else {
                let more = if in_rule { "command" } else { "rule" };
                let hint = self.vocabulary.nearest(name, more);
                let hint = hint.map(|known| format!(" (did you mean '{known}'?)"));
                let unknown = format!("unknown key '{name}'{}", hint.unwrap_or_default());
                return Err(self.problem(key, &unknown));
            };
            let words = option.words(value.get_ref(), self.directory).map_err(|reason| {
                let value_text = source_of(self.text, value);
                self.problem(value, &format!("invalid value {value_text} for {name}: {reason}"))
            })?;
            options.insert(option.id().to_owned(), words);
        }
        Ok(options)
    }

    fn problem<T>(&self, at: &Spanned<T>, what: &str) -> Problem {
        Problem { line: self.line(at), what: what.to_owned() }
    }

    fn line<T>(&self, at: &Spanned<T>) -> usize {
        line_of(self.text.as_bytes(), at.span().start)
    }
}

/// The entry of this name, and the others in the order of the file.
fn split<'t, 'i>(
    table: &'t DeTable<'i>,
    name: &str,
) -> (Option<&'t Spanned<DeValue<'i>>>, Vec<Entry<'t, 'i>>) {
    let (named, mut others): (Vec<_>, Vec<_>) =
        table.iter().partition(|(key, _)| key.get_ref() == name);
    others.sort_by_key(|(key, _)| key.span().start);
    (named.first().map(|(_, value)| *value), others)
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: impl AsRef<[u8]>, whose: Whose) -> Result<ConfigFile, Problem> {
        ConfigFile::parse(bytes.as_ref(), whose, Path::new("/base [1]"), &Vocabulary::default())
    }

    #[test]
    fn options_become_the_words_of_the_command_line() {
        let file = parse(
            "\u{feff}# of the user\r\nttl = 1.50\r\nno-spinner = true\r\nrefresh = false\r\n\
             cache-dir = 'x*'\r\n[[rule]]\r\ncommand = 'a b'\r\nenv = ['A', 'B']\r\n",
            Whose::User,
        )
        .expect("a configuration");
        let expected = [
            ("cache_dir", vec!["/base [[]1[]]/x*".to_owned()]),
            ("no_spinner", vec!["true".to_owned()]),
            ("refresh", Vec::new()),
            ("ttl", vec!["1.50".to_owned()]),
        ];
        assert_eq!(file.defaults, expected.map(|(id, words)| (id.to_owned(), words)).into());
        assert_eq!(file.rules.len(), 1);
        assert_eq!(file.rules[0].command, "a b");
        assert_eq!(file.rules[0].options["env"], ["A", "B"]);
        assert!(file.refused.is_empty());
    }

    #[test]
    fn the_first_problem_in_the_file_is_told() {
        let problem = parse("\nzebra = 1\nttl = 'x'\napple = 1\n", Whose::User).expect_err("bad");
        assert_eq!((problem.line, problem.what.as_str()), (2, "unknown key 'zebra'"));
        let problem = parse("ttl = 1\n\nscope = '\n", Whose::User).expect_err("bad");
        assert_eq!(problem.line, 3);
    }

    #[test]
    fn long_values_are_quoted_in_part() {
        let problem = parse(format!("ttl = '{}'", "x".repeat(1000)), Whose::User).expect_err("bad");
        assert!(problem.what.len() < 200 && problem.what.contains("xxx…"), "{problem:?}");
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("ttl = {}", "[".repeat(100_000));
        assert!(parse(deep, Whose::User).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(bytes, Whose::Project);
        }

        #[test]
        fn no_text_makes_it_panic(
            lines in prop::collection::vec(
                "(ttl|env|pty|cache-exit|cache-dir|command|\\[\\[rule\\]\\]|[a-z]) ?=? ?\
                 (true|-?[0-9]{1,3}(\\.5)?|'[^']{0,5}'|\\[1, 'é'\\]|\\{a = 1\\}|.{0,5})",
                0..6,
            ),
        ) {
            let _ = parse(lines.join("\n"), Whose::User);
        }
    }
}
