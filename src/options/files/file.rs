//! Parses one file: its bytes become layers, or the first thing that is wrong with it and its line. Pure.

use super::places::FoundFile;
use super::refused::{RefusedKey, RefusedKeys, why_refused};
use super::rule::Rule;
use super::value;
use crate::options::layer::{Layer, RUN_OPTIONS, RunOption};
use crate::options::shape::Secrecy;
use crate::options::sharing::has_password;
use crate::options::source::{FileOwner, FilePlace, Source};
use crate::options::values::BadValue;
use crate::terminal::escape_os;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::rc::Rc;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A file that was understood.
#[derive(Debug)]
pub struct ConfigFile {
    /// What it sets for every command.
    pub defaults: Layer,
    /// What it sets for some commands. Of the rules that apply, the last one goes first.
    pub rules: Vec<Rule>,
    /// The keys that it may not set.
    pub refused: Option<RefusedKeys>,
}

/// The first thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, with text from the file.
    pub what: String,
}

type TomlEntry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

impl ConfigFile {
    /// Parses the file at this path, which only its owner can read. Paths in it start in its directory.
    ///
    /// # Errors
    /// The first thing in it that cannot be understood.
    pub fn parse(bytes: &[u8], owner: FileOwner, path: &Path) -> Result<Self, FileProblem> {
        Self::parse_with(bytes, owner, path, true)
    }

    fn parse_with(
        bytes: &[u8],
        owner: FileOwner,
        path: &Path,
        is_private: bool,
    ) -> Result<Self, FileProblem> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = line_of(bytes, error.valid_up_to());
            FileProblem { line, what: "not UTF-8".to_owned() }
        })?;
        let document = DeTable::parse(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            FileProblem { line: line_of(bytes, start), what: error.message().to_owned() }
        })?;
        let mut reader = TextReader { text, owner, path, is_private, refused: Vec::new() };
        let (rules, options) = split(document.get_ref(), "rule");
        let defaults = reader.options(&options, None)?;
        let rules = rules.map_or(Ok(Vec::new()), |rules| reader.rules(rules))?;
        let (keys, path) = (reader.refused, path.to_owned());
        let refused = (!keys.is_empty()).then_some(RefusedKeys { path, keys });
        Ok(Self { defaults, rules, refused })
    }

    /// Parses a file that was found, with the problem as a message. Where others can read it, secrets in it do not count.
    pub(super) fn read(file: &FoundFile, owner: FileOwner) -> Result<Self, String> {
        let FoundFile { path, bytes, is_private } = file;
        Self::parse_with(bytes, owner, path, *is_private).map_err(|FileProblem { line, what }| {
            format!("{}:{line}: {}", escape_os(path.as_os_str()), in_one_line(&what))
        })
    }

    /// The layer of the top level, then that of each rule.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::once(&self.defaults).chain(self.rules.iter().map(|rule| &rule.layer))
    }

    /// The layer for a command: its rules over the top level, the later rule over the earlier.
    pub(super) fn layer_for(self, words: &[OsString]) -> Layer {
        let rules = self.rules.into_iter().filter(|rule| rule.applies_to(words));
        rules.fold(self.defaults, |farther, rule| rule.layer.over(farther))
    }
}

/// A message that quotes a file, escaped and on one line.
fn in_one_line(message: &str) -> String {
    escape_os(OsStr::new(&message.split_whitespace().collect::<Vec<_>>().join(" ")))
}

struct TextReader<'r> {
    text: &'r str,
    owner: FileOwner,
    path: &'r Path,
    /// Whether only its owner can read it.
    is_private: bool,
    refused: Vec<RefusedKey>,
}

impl TextReader<'_> {
    fn rules(&mut self, rules: &Spanned<DeValue<'_>>) -> Result<Vec<Rule>, FileProblem> {
        const SHAPE: &str = "expected [[rule]] with a command";
        let tables = rules.get_ref().as_array().ok_or_else(|| self.problem(rules, SHAPE))?;
        let mut read = Vec::new();
        for (number, rule) in (1..).zip(tables.iter()) {
            let table = rule.get_ref().as_table().ok_or_else(|| self.problem(rule, SHAPE))?;
            let (command, options) = split(table, "command");
            let command = command.ok_or_else(|| self.problem(rule, "a rule without a command"))?;
            let text = command.get_ref().as_str();
            let pattern = text.ok_or("expected a string".to_owned()).and_then(Rule::pattern);
            let words = pattern.map_err(|reason| self.bad_value("command", command, &reason))?;
            let layer = self.options(&options, Some((number, text.unwrap_or_default())))?;
            read.push(Rule { words, layer });
        }
        Ok(read)
    }

    /// Reads a table: the top level, or a rule with its number and its command.
    fn options(
        &mut self,
        entries: &[TomlEntry<'_, '_>],
        rule: Option<(usize, &str)>,
    ) -> Result<Layer, FileProblem> {
        let place = Rc::new(FilePlace {
            owner: self.owner,
            number: rule.map_or(0, |(number, _)| number),
            rule: rule.map(|(_, command)| command.to_owned()),
            path: self.path.to_owned(),
        });
        let mut layer = Layer::default();
        for (key, value) in entries {
            let name = key.get_ref();
            let option = RunOption::named(name);
            let why = |it: &RunOption| {
                let is_secret = match it.shape.secrecy {
                    Secrecy::None => false,
                    Secrecy::Login => value.get_ref().as_str().is_some_and(has_password),
                    Secrecy::Value => true,
                };
                why_refused(it, self.owner, rule.is_some(), is_secret && !self.is_private)
            };
            if let Some(why) = option.and_then(why) {
                let (line, name) = (self.line(key), name.to_string());
                self.refused.push(RefusedKey { line, name, why });
                continue;
            }
            let Some(option) = option else {
                let more = if rule.is_some() { "command" } else { "rule" };
                let hint = nearest(name, more).map(|known| format!(" (did you mean '{known}'?)"));
                let unknown = format!("unknown key '{name}'{}", hint.unwrap_or_default());
                return Err(self.problem(key, &unknown));
            };
            let source = Source::File(Rc::clone(&place));
            let set = self.set(&mut layer, option, value.get_ref(), source);
            set.map_err(|reason| match option.shape.secrecy {
                Secrecy::None => self.bad_value(name, value, &reason),
                // It is not quoted.
                _ => self.problem(value, &format!("invalid value for {name}: {reason}")),
            })?;
        }
        Ok(layer)
    }

    fn set(
        &self,
        layer: &mut Layer,
        option: &RunOption,
        value: &DeValue<'_>,
        source: Source,
    ) -> Result<(), String> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let words = value::words(option, value, directory)?;
        option.read(layer, words, source).map_err(|BadValue { word, reason }| {
            if option.shape.takes.is_repeatable() {
                format!("'{}': {reason}", escape_os(&word))
            } else {
                reason
            }
        })
    }

    fn bad_value<T>(&self, name: &str, value: &Spanned<T>, reason: &str) -> FileProblem {
        let text = source_of(self.text, value);
        self.problem(value, &format!("invalid value {text} for {name}: {reason}"))
    }

    fn problem<T>(&self, at: &Spanned<T>, what: &str) -> FileProblem {
        FileProblem { line: self.line(at), what: what.to_owned() }
    }

    fn line<T>(&self, at: &Spanned<T>) -> usize {
        line_of(self.text.as_bytes(), at.span().start)
    }
}

/// The entry of this name, and the other entries in the order of the file.
fn split<'t, 'i>(
    table: &'t DeTable<'i>,
    name: &str,
) -> (Option<&'t Spanned<DeValue<'i>>>, Vec<TomlEntry<'t, 'i>>) {
    let (named, mut others): (Vec<_>, Vec<_>) =
        table.iter().partition(|(key, _)| key.get_ref() == name);
    others.sort_by_key(|(key, _)| key.span().start);
    (named.first().map(|(_, value)| *value), others)
}

/// The known key that is nearest to an unknown one. `more` is a key that is no option.
fn nearest(name: &str, more: &'static str) -> Option<&'static str> {
    if let Some(known) = RUN_OPTIONS.iter().find(|known| known.shape.alias == Some(name)) {
        return Some(known.name());
    }
    let distance = |known: &&str| strsim::damerau_levenshtein(name, known);
    let nearest = RUN_OPTIONS.iter().map(RunOption::name).chain([more]).min_by_key(distance)?;
    (distance(&nearest) <= 1 + nearest.len() / 5).then_some(nearest)
}

/// A value as the file spells it, cut to one line.
fn source_of<'t, T>(text: &'t str, value: &Spanned<T>) -> String {
    const LONGEST: usize = 60;
    let source: &'t str = text.get(value.span()).unwrap_or_default();
    let line = source.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(LONGEST).collect();
    if shown.len() < source.len() { format!("{shown}…") } else { shown }
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::super::refused::WhyRefused;
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: impl AsRef<[u8]>, owner: FileOwner) -> Result<ConfigFile, FileProblem> {
        ConfigFile::parse(bytes.as_ref(), owner, Path::new("/base [1]/file"))
    }

    /// Each option that a layer has, with its words.
    fn words(layer: &Layer) -> Vec<(&'static str, Vec<String>)> {
        let given = RUN_OPTIONS.iter().filter_map(|option| {
            let words = option.given(layer)?.words.iter();
            let words = words.map(|word| word.to_str().expect("UTF-8").to_owned());
            Some((option.name(), words.collect()))
        });
        given.collect()
    }

    #[test]
    fn options_become_the_words_of_the_command_line() {
        let file = parse(
            "\u{feff}# of the user\r\nttl = 1.50\r\nno-spinner = true\r\nrefresh = false\r\n\
             cache-dir = 'x*'\r\n[[rule]]\r\ncommand = 'a b'\r\nenv = ['A', 'B']\r\n",
            FileOwner::User,
        )
        .expect("a configuration");
        let expected = [
            ("ttl", vec!["1.50".to_owned()]),
            ("refresh", Vec::new()),
            ("no-spinner", vec!["true".to_owned()]),
            ("cache-dir", vec!["/base [[]1[]]/x*".to_owned()]),
        ];
        assert_eq!(words(&file.defaults), expected);
        assert_eq!(file.rules.len(), 1);
        assert!(file.rules[0].applies_to(&["a", "b"].map(OsString::from)));
        assert!(!file.rules[0].applies_to(&["a".into()]));
        assert_eq!(words(&file.rules[0].layer), [("env", vec!["A".to_owned(), "B".to_owned()])]);
        assert!(file.refused.is_none());
    }

    #[test]
    fn the_last_rule_that_applies_goes_before_the_others_and_the_top_level() {
        let text = "ttl = 1\nscope = 'a'\n[[rule]]\ncommand = '*'\nttl = 2\nspinner = 'b'\n\
                    [[rule]]\ncommand = 'x'\nttl = 3\n[[rule]]\ncommand = 'y'\nttl = 4\n";
        let layer = parse(text, FileOwner::User).expect("a file").layer_for(&["x".into()]);
        let one = |word: &str| vec![word.to_owned()];
        assert_eq!(words(&layer), [("scope", one("a")), ("ttl", one("3")), ("spinner", one("b"))]);
        let numbers = [layer.ttl.source(), layer.spinner.source()].map(|source| match source {
            Some(Source::File(place)) => (place.number, place.rule.clone()),
            other => panic!("{other:?}"),
        });
        assert_eq!(numbers, [(2, Some("x".to_owned())), (1, Some("*".to_owned()))]);
    }

    #[test]
    fn the_first_problem_in_the_file_is_reported() {
        let problem =
            parse("\nzebra = 1\nttl = 'x'\napple = 1\n", FileOwner::User).expect_err("bad");
        assert_eq!((problem.line, problem.what.as_str()), (2, "unknown key 'zebra'"));
        let problem = parse("ttl = 1\n\nscope = '\n", FileOwner::User).expect_err("bad");
        assert_eq!(problem.line, 3);
    }

    #[test]
    fn the_nearest_known_key_is_suggested() {
        for (typed, meant) in [
            ("tll", Some("ttl")),
            ("no_spinner", Some("no-spinner")),
            ("force", Some("refresh")),
            ("rules", Some("rule")),
            ("t", None),
            ("banana", None),
        ] {
            assert_eq!(nearest(typed, "rule"), meant, "{typed}");
        }
        assert_eq!(nearest("comand", "command"), Some("command"));
    }

    #[test]
    fn long_values_are_quoted_in_part() {
        let problem =
            parse(format!("ttl = '{}'", "x".repeat(1000)), FileOwner::User).expect_err("bad");
        assert!(problem.what.len() < 200 && problem.what.contains("xxx…"), "{problem:?}");
    }

    #[test]
    fn a_value_on_one_line_is_quoted_whole() {
        let what = |text: &str| parse(text, FileOwner::User).expect_err("bad").what;
        assert!(what("ttl = 'x'").starts_with("invalid value 'x' for ttl: "));
        assert!(what("ttl = '''\nx\ny'''").starts_with("invalid value '''… for ttl: "));
    }

    /// Reads a file that only its owner can read, or others too.
    fn read(text: &str, is_private: bool) -> Result<ConfigFile, String> {
        let (path, bytes) = ("/f\x1b".into(), text.into());
        ConfigFile::read(&FoundFile { path, bytes, is_private }, FileOwner::User)
    }

    #[test]
    fn a_problem_is_told_in_one_line_with_its_place() {
        let path = escape_os(OsStr::new("/f\x1b"));
        let message = read("\nscope = [\n", true).expect_err("bad");
        assert!(message.starts_with(&format!("{path}:")), "{message}");
        assert!(message.len() > path.len() + 10 && !message.contains(['\n', '\x1b']), "{message}");
        let expected = format!("{path}:2: unknown key 'zebra crossing'");
        assert_eq!(
            read("\n'zebra\\ncrossing' = 1".replace('\'', "\"").as_str(), true).expect_err("bad"),
            expected
        );
    }

    #[test]
    fn a_secret_that_others_can_read_does_not_count() {
        let refused = |is_private| {
            let text = "\nremote-token = 'secret'\nttl = 1\n";
            let file = read(text, is_private).expect("a file");
            assert_eq!(file.defaults.remote_token.value().is_some(), is_private);
            assert!(file.defaults.ttl.value().is_some());
            file.refused.map(|refused| refused.to_string())
        };
        assert_eq!(refused(true), None);
        let path = escape_os(OsStr::new("/f\x1b"));
        let why = WhyRefused::Exposed.reason();
        assert_eq!(refused(false), Some(format!("{path}:2: remote-token is ignored: {why}")));
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("ttl = {}", "[".repeat(100_000));
        assert!(parse(deep, FileOwner::User).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(bytes, FileOwner::Project);
        }

        #[test]
        fn no_text_makes_it_panic(
            lines in prop::collection::vec(
                "(ttl|env|pty|cache-exit|cache-dir|command|\\[\\[rule\\]\\]|[a-z]) ?=? ?\
                 (true|-?[0-9]{1,3}(\\.5)?|'[^']{0,5}'|\\[1, 'é'\\]|\\{a = 1\\}|.{0,5})",
                0..6,
            ),
        ) {
            let _ = parse(lines.join("\n"), FileOwner::User);
        }
    }
}
