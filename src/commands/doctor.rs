//! `cachex doctor`: checks the store and whether commands can be traced, and says how to mend it.

use super::answer::print_styled;
use super::findings::shown;
use crate::error::Error;
use crate::exit::Exit;
use crate::store::{Health, examine};
use crate::tracer::{TraceFault, probe};
use std::path::Path;

/// Prints a line for each check. Exits with 1 if there is a problem.
///
/// # Errors
/// When the lines cannot be written.
pub fn run(directory: &Path) -> Result<Exit, Error> {
    let mut findings = examine(directory);
    findings.push(("tracing", examine_tracing()));
    let has_problem = findings.iter().any(|(_, state)| matches!(state, Health::Problem(_)));
    print_styled(&shown(findings))?;
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
