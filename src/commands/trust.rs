//! `cachex trust`: trusts the configuration file of a project, or revokes or lists that.

use super::answer::print_styled;
use super::json::{self, json};
use super::option_value::shown_value;
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::options::{self, Candidate, Standing, TrustOptions, Vocabulary, trust};
use crate::terminal::escape_os;
use serde::Serialize;
use std::path::Path;

/// Trusts a file, revokes its trust, or lists the trusted files.
///
/// # Errors
/// When there is no such file, it cannot be understood, or trust cannot be recorded.
pub fn run(options: &TrustOptions) -> Result<(), Error> {
    let directory = options.directory.as_deref();
    let answer = if options.list {
        list(options.json)?
    } else if options.revoke {
        revoke(directory)?
    } else {
        trust(directory)?
    };
    print_styled(&answer)
}

/// Prints what a file sets, and then trusts it.
fn trust(directory: Option<&Path>) -> Result<String, Error> {
    let candidate = Candidate::find(directory).map_err(Error::Failed)?;
    check(&candidate)?;
    print_styled(&content(&candidate))?;
    candidate.trust().map_err(Error::Failed)?;
    Ok(said("trusted", &candidate.path))
}

fn revoke(directory: Option<&Path>) -> Result<String, Error> {
    let path = Candidate::path(directory).map_err(Error::Failed)?;
    let was_trusted = trust::revoke(&path).map_err(Error::Failed)?;
    Ok(said(if was_trusted { "no longer trusted" } else { "was not trusted" }, &path))
}

fn said(what: &str, path: &Path) -> String {
    format!("{what}: {}\n", escape_os(path.as_os_str()))
}

/// Refuses a file with which every command would run uncached.
fn check(candidate: &Candidate) -> Result<(), Error> {
    let mut tables = candidate.settings().into_iter();
    let defaults = tables.next().unwrap_or_default();
    let with_rules = tables.map(|mut rule| {
        let mut settings = defaults.clone();
        settings.append(&mut rule);
        settings
    });
    std::iter::once(defaults.clone()).chain(with_rules).try_for_each(|settings| {
        options::check(settings).map_err(|problem| {
            Error::Failed(format!("{}: {problem}", escape_os(candidate.path.as_os_str())))
        })
    })
}

/// A line for each option that a file sets.
fn content(candidate: &Candidate) -> String {
    let vocabulary = Vocabulary::default();
    let mut table = Table::facts();
    for settings in candidate.settings() {
        for option in vocabulary.options() {
            if let Some(setting) = settings.get(option.id()) {
                let rule = setting.rule.as_deref();
                let rule = rule.map(|rule| format!("rule \"{}\"", escape_os(rule.as_ref())));
                let value = shown_value(&setting.values);
                let name = option.name().to_owned();
                table.push(Tone::Plain, [name, value, rule.unwrap_or_default()]);
            }
        }
    }
    if let Some(refused) = candidate.refused() {
        for key in &refused.keys {
            let reason = format!("ignored: {}", refused.reason());
            table.push(Tone::Plain, [key.name.clone(), reason, String::new()]);
        }
    }
    table.render(Screen::own()).lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn list(as_json: bool) -> Result<String, Error> {
    let records = trust::list().map_err(Error::Failed)?;
    let state = |standing| match standing {
        Some(Standing::Trusted) => "trusted",
        Some(_) => "changed",
        None => "gone",
    };
    let rows = records.iter().map(|record| (state(record.standing_now()), &*record.path));
    if as_json {
        let rows = rows.map(|(state, file)| JsonRecord { file: json::text(file), state });
        return json(&rows.collect::<Vec<_>>());
    }
    let mut table = Table::facts();
    for (state, file) in rows {
        let tone = if state == "trusted" { Tone::Plain } else { Tone::Faint };
        table.push(tone, [state.to_owned(), escape_os(file.as_os_str())]);
    }
    let shown = table.render(Screen::own());
    Ok(if shown.is_empty() { "nothing is trusted\n".to_owned() } else { shown })
}

/// A trusted file as JSON. These field names are stable.
#[derive(Serialize)]
struct JsonRecord {
    file: String,
    state: &'static str,
}
