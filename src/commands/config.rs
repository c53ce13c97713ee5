//! `cachex config`: the options in force for a command, and the source of each.

use super::answer::{print, print_styled};
use super::json::{self, json};
use super::option_value::{set_by_files, shown_value, shown_words};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::options::{
    Asked, ConfigOptions, FileOwner, Findings, Given, RUN_OPTIONS, RefusedKey, RefusedKeys,
    RunOption, Source, Untrusted, WHY_IGNORED, store_directory,
};
use crate::terminal::{Notices, escape_os};
use serde::Serialize;
use std::path::Path;

/// Prints the options, the files and the store.
///
/// # Errors
/// When it cannot be written.
pub fn run(asked: &Asked, options: &ConfigOptions, notices: &Notices) -> Result<(), Error> {
    let directory = store_directory(&asked.in_force).ok();
    let directory = directory.as_deref();
    asked.findings.tell(notices);
    let shown: Vec<_> = RUN_OPTIONS
        .iter()
        .map(|option| ShownOption { option, given: option.given(&asked.in_force) })
        .filter(|shown| options.all || shown.given.is_some())
        .collect();
    if options.json {
        print(&json(&Answer::new(asked, directory, &shown))?)
    } else {
        print_styled(&tables(&asked.findings, directory, &shown))
    }
}

/// A table of the options, and one of the files and the store.
fn tables(findings: &Findings, directory: Option<&Path>, shown: &[ShownOption<'_>]) -> String {
    let path = |path: &Path| escape_os(path.as_os_str());
    let mut options = Table::facts();
    for shown in shown {
        options.push(if shown.given.is_some() { Tone::Plain } else { Tone::Faint }, shown.row());
    }
    let untrusted = findings.untrusted.as_ref();
    let waiting: Vec<_> = untrusted.iter().flat_map(|file| set_by_files(&file.layer)).collect();
    for (option, given, place) in &waiting {
        let source = format!("not in force: {place}");
        options.push(Tone::Faint, [option.name().to_owned(), shown_value(given), source]);
    }
    let gap = if shown.is_empty() && waiting.is_empty() { "" } else { "\n" };
    let mut facts = Table::facts();
    let mut fact = |name: &str, value| facts.push(Tone::Plain, [name.to_owned(), value]);
    findings.files.iter().for_each(|file| fact("file", path(file)));
    for file in &findings.ignored {
        fact("ignored", format!("{}: {WHY_IGNORED}", path(file)));
    }
    if let Some(file) = untrusted {
        fact("untrusted", file.to_string());
    }
    findings.refused.iter().flat_map(refused).for_each(|refused| fact("refused", refused));
    fact("store", directory.map_or_else(|| "none".to_owned(), path));
    let screen = Screen::own();
    format!("{}{gap}{}", options.render(screen), facts.render(screen))
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
    option: &'static RunOption,
    given: Option<&'s Given>,
}

impl ShownOption<'_> {
    fn row(&self) -> [String; 3] {
        let words = self.given.map_or(&[][..], |given| &given.words);
        let value = if self.option.is_switch() {
            (!words.is_empty()).to_string()
        } else if words.is_empty() {
            self.option.default().unwrap_or("-").to_owned()
        } else {
            shown_words(words)
        };
        let source = match self.given.map(|given| &given.source) {
            None => "default".to_owned(),
            Some(Source::Flag) => "flag".to_owned(),
            Some(Source::Variable) => format!("variable {}", self.option.variable()),
            Some(Source::File(place)) => place.to_string(),
        };
        [self.option.name().to_owned(), value, source]
    }

    fn for_json(&self) -> JsonOption<'_> {
        let (source, place) = match self.given.map(|given| &given.source) {
            None => ("default", None),
            Some(Source::Flag) => ("flag", None),
            Some(Source::Variable) => ("variable", None),
            Some(Source::File(place)) => match place.owner {
                FileOwner::User => ("user", Some(place)),
                FileOwner::Project => ("project", Some(place)),
            },
        };
        JsonOption {
            option: self.option.name(),
            value: JsonValue::new(self.option, self.given),
            source,
            variable: self.option.variable(),
            file: place.map(|place| json::text(&*place.path)),
            rule: place.and_then(|place| place.rule.clone()),
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
        Asked { words, findings, .. }: &'a Asked,
        directory: Option<&Path>,
        shown: &'a [ShownOption<'_>],
    ) -> Self {
        let untrusted = findings.untrusted.as_ref();
        Self {
            command: json::texts(words),
            options: shown.iter().map(ShownOption::for_json).collect(),
            files: json::texts(&findings.files),
            ignored: json::texts(&findings.ignored),
            untrusted: untrusted.map(JsonUntrusted::new),
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
    fn new(option: &RunOption, given: Option<&Given>) -> Self {
        let words = given.map_or(&[][..], |given| &given.words);
        let mut texts = words.iter().map(json::text);
        if option.is_switch() {
            Self::Switch(!words.is_empty())
        } else if option.shape.takes.is_repeatable() {
            Self::Many(texts.collect())
        } else {
            Self::One(texts.next())
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
    fn new(file: &'a Untrusted) -> Self {
        let options = set_by_files(&file.layer).map(|(option, given, place)| JsonWaiting {
            option: option.name(),
            value: JsonValue::new(option, Some(given)),
            rule: place.rule.as_deref(),
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
