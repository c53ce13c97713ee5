//! `cachex config`: the options in force for a command, and the source of each.

use super::answer::{print, print_styled};
use super::json::{self, json, object};
use super::option_value::{set_by_files, shown_value, shown_words};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::options::{
    Asked, ConfigOptions, FileOwner, Findings, Given, RUN_OPTIONS, RefusedKey, RefusedKeys,
    RunOption, Source, Untrusted, WHY_IGNORED, store_directory, without_login,
};
use crate::terminal::{Notices, escape_os};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Prints the options, the files and the store.
///
/// # Errors
/// When it cannot be written.
pub fn run(asked: &Asked, options: &ConfigOptions, notices: &Notices) -> Result<(), Error> {
    let directory = store_directory(&asked.in_force).ok();
    let directory = directory.as_deref();
    asked.findings.tell(notices);
    let shown = RUN_OPTIONS.iter().map(|option| (option, option.given(&asked.in_force)));
    let shown: Vec<_> = shown.filter(|(_, given)| options.all || given.is_some()).collect();
    if options.json {
        print(&json(&answer(asked, directory, &shown))?)
    } else {
        print_styled(&tables(&asked.findings, directory, &shown))
    }
}

/// A table of the options, and one of the files and the store.
fn tables(findings: &Findings, directory: Option<&Path>, shown: &[ShownOption<'_>]) -> String {
    let path = |path: &Path| escape_os(path.as_os_str());
    let mut options = Table::facts();
    for (option, given) in shown {
        options.push(if given.is_some() { Tone::Plain } else { Tone::Faint }, row(option, *given));
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
    of_file.keys.iter().map(move |RefusedKey { line, name, why }| {
        format!("{path}:{line}: {name}: {}", why.reason())
    })
}

/// One option, as it is in force for the command.
type ShownOption<'s> = (&'static RunOption, Option<&'s Given>);

/// Its name, its value and its source.
fn row(option: &RunOption, given: Option<&Given>) -> [String; 3] {
    let words = given.map_or(&[][..], |given| &given.words);
    let value = if option.is_switch() {
        (!words.is_empty()).to_string()
    } else if words.is_empty() {
        option.default().unwrap_or("-").to_owned()
    } else {
        shown_words(words)
    };
    let source = match given.map(|given| &given.source) {
        None => "default".to_owned(),
        Some(Source::Flag) => "flag".to_owned(),
        Some(Source::Variable) => format!("variable {}", option.variable()),
        Some(Source::File(place)) => place.to_string(),
    };
    [option.name().to_owned(), value, source]
}

fn json_option((option, given): &ShownOption<'_>) -> impl Serialize + use<> {
    let (source, place) = match given.map(|given| &given.source) {
        None => ("default", None),
        Some(Source::Flag) => ("flag", None),
        Some(Source::Variable) => ("variable", None),
        Some(Source::File(place)) => match place.owner {
            FileOwner::User => ("user", Some(place)),
            FileOwner::Project => ("project", Some(place)),
        },
    };
    object! {
        option: option.name(),
        value: json_value(option, *given),
        source: source,
        variable: option.variable(),
        file: place.map(|place| json::text(&*place.path)),
        rule: place.and_then(|place| place.rule.clone()),
    }
}
/// The answer as JSON.
fn answer<'a>(
    Asked { words, findings, .. }: &'a Asked,
    directory: Option<&Path>,
    shown: &'a [ShownOption<'_>],
) -> impl Serialize + use<'a> {
    let untrusted = findings.untrusted.as_ref();
    object! {
        command: json::texts(words),
        options: shown.iter().map(json_option).collect::<Vec<_>>(),
        files: json::texts(&findings.files),
        ignored: json::texts(&findings.ignored),
        untrusted: untrusted.map(json_untrusted),
        refused: findings.refused.iter().flat_map(json_refused).collect::<Vec<_>>(),
        store: directory.map(json::text),
        problem: findings.problem(),
    }
}

/// The words of an option in JSON: `true` or `false` for a switch, an array for an option that can be repeated.
fn json_value(option: &RunOption, given: Option<&Given>) -> Value {
    let words = given.map_or(&[][..], |given| &given.words);
    let words: Vec<_> = words.iter().map(|word| without_login(word)).collect();
    let words = json::texts(&words);
    if option.is_switch() {
        (!words.is_empty()).into()
    } else if option.shape.takes.is_repeatable() {
        words.into()
    } else {
        words.into_iter().next().into()
    }
}

fn json_untrusted(file: &Untrusted) -> impl Serialize {
    let options = set_by_files(&file.layer).map(|(option, given, place)| {
        object! {
            option: option.name(),
            value: json_value(option, Some(given)),
            rule: &place.rule,
        }
    });
    object! { file: json::text(&file.path), options: options.collect::<Vec<_>>() }
}

fn json_refused(of_file: &RefusedKeys) -> impl Iterator<Item: Serialize> {
    of_file.keys.iter().map(|RefusedKey { line, name, why }| {
        object! {
            option: name,
            file: json::text(&of_file.path),
            line: line,
            reason: why.reason(),
        }
    })
}
