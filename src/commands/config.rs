//! `cachex config`: the options in force for a command, and the source of each.

use super::answer::{print, print_styled};
use super::json::{self, json};
use super::option_value::{quoted, shown_value};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::options::{
    Findings, KnownOption, RefusedKey, RefusedKeys, Resolved, STRANGE, Setting, Source, Sources,
    Untrusted, Vocabulary, Whose,
};
use crate::terminal::escape_os;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;

/// Prints the options, the files and the store.
///
/// # Errors
/// When it cannot be written.
pub fn run(
    resolved: &Resolved,
    directory: Option<&Path>,
    all: bool,
    as_json: bool,
) -> Result<(), Error> {
    let vocabulary = Vocabulary::default();
    let shown: Vec<_> = vocabulary
        .options()
        .map(|option| ShownOption { option, sources: &resolved.sources })
        .filter(|shown| all || shown.is_set())
        .collect();
    if as_json {
        print(&json(&Answer::new(resolved, directory, &shown, &vocabulary))?)
    } else {
        print_styled(&tables(&resolved.findings, directory, &shown, &vocabulary))
    }
}

/// A table of the options, and one of the files and the store.
fn tables(
    findings: &Findings,
    directory: Option<&Path>,
    shown: &[ShownOption<'_>],
    vocabulary: &Vocabulary,
) -> String {
    let path = |path: &Path| escape_os(path.as_os_str());
    let mut options = Table::facts();
    for option in shown {
        options.push(if option.is_set() { Tone::Plain } else { Tone::Faint }, option.row());
    }
    let untrusted = findings.untrusted.as_ref();
    let waiting: Vec<_> = untrusted.iter().flat_map(|file| of_file(file, vocabulary)).collect();
    for (option, setting) in &waiting {
        let source = format!("not in force: {setting}");
        let row = [option.name().to_owned(), shown_value(&setting.values), source];
        options.push(Tone::Faint, row);
    }
    let gap = if shown.is_empty() && waiting.is_empty() { "" } else { "\n" };
    let mut facts = Table::facts();
    let mut fact = |name: &str, value| facts.push(Tone::Plain, [name.to_owned(), value]);
    findings.files.iter().for_each(|file| fact("file", path(file)));
    for file in &findings.ignored {
        fact("ignored", format!("{}: {STRANGE}", path(file)));
    }
    if let Some(file) = untrusted {
        fact("untrusted", file.to_string());
    }
    findings.refused.iter().flat_map(refused).for_each(|refused| fact("refused", refused));
    fact("store", directory.map_or_else(|| "none".to_owned(), path));
    let screen = Screen::own();
    format!("{}{gap}{}", options.render(screen), facts.render(screen))
}

/// The options that an untrusted file would set, in the order of the help.
fn of_file<'f>(
    file: &'f Untrusted,
    vocabulary: &'f Vocabulary,
) -> impl Iterator<Item = (&'f KnownOption, &'f Setting)> {
    vocabulary.options().filter_map(|option| Some((option, file.settings.get(option.id())?)))
}

/// A line for each key that a file may not set.
fn refused(of_file: &RefusedKeys) -> impl Iterator<Item = String> {
    let path = escape_os(of_file.path.as_os_str());
    of_file.keys.iter().map(move |RefusedKey { line, name }| {
        format!("{path}:{line}: {name}: {}", of_file.reason())
    })
}

/// One option, as it is in force for the command.
struct ShownOption<'s> {
    option: &'s KnownOption,
    sources: &'s Sources,
}

impl ShownOption<'_> {
    fn source(&self) -> Source<'_> {
        let id = self.option.id();
        if self.sources.is_overruled(id) { Source::Default } else { self.sources.of(id) }
    }

    fn is_set(&self) -> bool {
        !matches!(self.source(), Source::Default)
    }

    fn words(&self) -> Vec<&OsStr> {
        // A list may end in a comma.
        let counts = |word: &&OsStr| !word.is_empty() || !self.option.splits_at_commas();
        let words = self.sources.words(self.option.id()).filter(counts);
        if self.is_set() { words.collect() } else { Vec::new() }
    }

    fn row(&self) -> [String; 3] {
        let words = self.words();
        let value = if self.option.is_switch() {
            self.sources.is_on(self.option.id()).to_string()
        } else if words.is_empty() {
            self.option.default().unwrap_or_else(|| "-".to_owned())
        } else {
            words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ")
        };
        let source = match self.source() {
            Source::Default => "default".to_owned(),
            Source::Flag => "flag".to_owned(),
            Source::Variable => format!("variable {}", self.option.variable()),
            Source::File(setting) => setting.to_string(),
        };
        [self.option.name().to_owned(), value, source]
    }

    fn for_json(&self) -> JsonOption<'_> {
        let is_on = self.option.is_switch() && self.sources.is_on(self.option.id());
        let value = JsonValue::new(self.option, is_on, self.words().into_iter().map(json::text));
        let (source, setting) = match self.source() {
            Source::Default => ("default", None),
            Source::Flag => ("flag", None),
            Source::Variable => ("variable", None),
            Source::File(setting) => match setting.whose {
                Whose::User => ("user", Some(setting)),
                Whose::Project => ("project", Some(setting)),
            },
        };
        JsonOption {
            option: self.option.name(),
            value,
            source,
            variable: self.option.variable().to_owned(),
            file: setting.map(|setting| json::text(&*setting.path)),
            rule: setting.and_then(|setting| Some(setting.rule.as_deref()?.to_owned())),
        }
    }
}

/// The answer as JSON. These field names are stable.
#[derive(Serialize)]
struct Answer<'a> {
    command: Vec<String>,
    options: Vec<JsonOption<'a>>,
    files: Vec<String>,
    ignored: Vec<String>,
    untrusted: Option<JsonUntrusted<'a>>,
    refused: Vec<JsonRefused<'a>>,
    store: Option<String>,
    problem: Option<String>,
}

impl<'a> Answer<'a> {
    fn new(
        Resolved { request, findings, .. }: &'a Resolved,
        directory: Option<&Path>,
        shown: &'a [ShownOption<'_>],
        vocabulary: &'a Vocabulary,
    ) -> Self {
        let untrusted = findings.untrusted.as_ref();
        Self {
            command: json::texts(&request.words),
            options: shown.iter().map(ShownOption::for_json).collect(),
            files: json::texts(&findings.files),
            ignored: json::texts(&findings.ignored),
            untrusted: untrusted.map(|file| JsonUntrusted::new(file, vocabulary)),
            refused: findings.refused.iter().flat_map(JsonRefused::of_file).collect(),
            store: directory.map(json::text),
            problem: findings.fault.clone().or_else(|| Some(untrusted?.to_string())),
        }
    }
}

#[derive(Serialize)]
struct JsonOption<'a> {
    option: &'a str,
    value: JsonValue,
    source: &'static str,
    variable: String,
    file: Option<String>,
    rule: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonValue {
    Switch(bool),
    Many(Vec<String>),
    One(Option<String>),
}

impl JsonValue {
    fn new(option: &KnownOption, is_on: bool, mut words: impl Iterator<Item = String>) -> Self {
        if option.is_switch() {
            Self::Switch(is_on)
        } else if option.is_repeatable() {
            Self::Many(words.collect())
        } else {
            Self::One(words.next())
        }
    }
}

#[derive(Serialize)]
struct JsonUntrusted<'a> {
    file: String,
    options: Vec<JsonWaiting<'a>>,
}

#[derive(Serialize)]
struct JsonWaiting<'a> {
    option: &'a str,
    value: JsonValue,
    rule: Option<&'a str>,
}

impl<'a> JsonUntrusted<'a> {
    fn new(file: &'a Untrusted, vocabulary: &'a Vocabulary) -> Self {
        let options = of_file(file, vocabulary).map(|(option, setting)| JsonWaiting {
            option: option.name(),
            value: JsonValue::new(
                option,
                !setting.values.is_empty(),
                setting.values.iter().cloned(),
            ),
            rule: setting.rule.as_deref(),
        });
        Self { file: json::text(&file.path), options: options.collect() }
    }
}

#[derive(Serialize)]
struct JsonRefused<'a> {
    option: &'a str,
    file: String,
    line: usize,
    reason: &'static str,
}

impl<'a> JsonRefused<'a> {
    fn of_file(of_file: &'a RefusedKeys) -> impl Iterator<Item = Self> {
        of_file.keys.iter().map(|RefusedKey { line, name }| Self {
            option: name,
            file: json::text(&of_file.path),
            line: *line,
            reason: of_file.reason(),
        })
    }
}
