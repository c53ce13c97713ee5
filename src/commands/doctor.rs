//! `cachex doctor`: checks the store and whether commands can be traced, and says how to mend it.

use super::answer::print_styled;
use super::screen::{Screen, Tone};
use super::table::Table;
use crate::error::Error;
use crate::exit::Exit;
use crate::store::{Health, examine};
use crate::terminal::escape_os;
use crate::tracer::{TraceFault, probe};
use std::path::Path;

/// Prints a line for each check. Exits with 1 if there is a problem.
///
/// # Errors
/// When the lines cannot be written.
pub fn run(directory: &Path) -> Result<Exit, Error> {
    let mut findings = examine(directory);
    findings.push(("tracing", examine_tracing()));
    let mut table = Table::facts();
    for (subject, state) in &findings {
        let (tone, state, text) = match state {
            Health::Ok(text) => (Tone::Good, "ok", text),
            Health::Warning(text) => (Tone::Warning, "warning", text),
            Health::Problem(text) => (Tone::Problem, "problem", text),
        };
        table.push(tone, [state.to_owned(), (*subject).to_owned(), escape_os(text.as_ref())]);
    }
    print_styled(&table.render(Screen::own()))?;
    let has_problem = findings.iter().any(|(_, state)| matches!(state, Health::Problem(_)));
    Ok(Exit::Code(has_problem.into()))
}

/// Whether `--trace` works here.
#[allow(unsafe_code)]
fn examine_tracing() -> Health {
    // SAFETY: cachex is a single thread until a command runs.
    match unsafe { probe() } {
        Ok(()) => Health::Ok("works: --trace finds the inputs of commands".to_owned()),
        Err(fault @ TraceFault::Unsupported) => Health::Ok(format!("not here: {fault}")),
        Err(fault) => {
            Health::Warning(format!("{fault}; with --trace commands run, and nothing is stored"))
        }
    }
}
