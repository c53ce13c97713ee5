//! `cachex trust`: trusts a project's configuration file, revokes its trust, or lists the trusted files.

use super::answer::print_styled;
use super::json::{self, json, object};
use super::option_value::{set_by_files, shown_value};
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::options::{self, ProjectFile, TrustOptions, TrustState, trust};
use crate::terminal::escape_os;
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
    let file = ProjectFile::find(directory).map_err(Error::Failed)?;
    // If the file contradicted itself, every command would run uncached.
    options::check(&file).map_err(Error::Failed)?;
    print_styled(&shown_options(&file))?;
    file.trust().map_err(Error::Failed)?;
    Ok(state_line("trusted", &file.path))
}

fn revoke(directory: Option<&Path>) -> Result<String, Error> {
    let path = ProjectFile::path(directory).map_err(Error::Failed)?;
    let was_trusted = trust::revoke(&path).map_err(Error::Failed)?;
    Ok(state_line(if was_trusted { "no longer trusted" } else { "was not trusted" }, &path))
}

fn state_line(state: &str, path: &Path) -> String {
    format!("{state}: {}\n", escape_os(path.as_os_str()))
}

/// A line for each option that a file sets.
fn shown_options(file: &ProjectFile) -> String {
    let mut table = Table::facts();
    for layer in file.file.layers() {
        for (option, given, place) in set_by_files(layer) {
            let rule = place.rule.as_ref();
            let rule = rule.map(|rule| format!("rule \"{}\"", escape_os(rule.as_ref())));
            let row = [option.name().to_owned(), shown_value(given), rule.unwrap_or_default()];
            table.push(Tone::Plain, row);
        }
    }
    if let Some(refused) = &file.file.refused {
        for key in &refused.keys {
            let reason = format!("ignored: {}", key.why.reason());
            table.push(Tone::Plain, [key.name.clone(), reason, String::new()]);
        }
    }
    table.render(Screen::own()).lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn list(as_json: bool) -> Result<String, Error> {
    let records = trust::list().map_err(Error::Failed)?;
    let state = |state| match state {
        Some(TrustState::Trusted) => "trusted",
        Some(_) => "changed",
        None => "gone",
    };
    let rows = records.iter().map(|record| (state(record.state_now()), &*record.path));
    if as_json {
        let rows = rows.map(|(state, file)| object! { file: json::text(file), state: state });
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
