//! `cachex doctor`: checks the store, whether commands can be traced, and the remote, and says how to mend it.

use super::answer::print_styled;
use super::findings::shown;
#[cfg(feature = "remote")]
use super::remote_doctor::examine as examine_remote;
use crate::error::Error;
use crate::exit::Exit;
use crate::options::{Layer, remote_in_force};
use crate::store::{Health, examine};
use crate::tracer::{TraceFault, probe};
use std::path::Path;

/// Prints a line for each check. Exits with 1 if there is a problem.
///
/// # Errors
/// When the lines cannot be written.
pub fn run(options: &Layer, directory: &Path) -> Result<Exit, Error> {
    let mut findings = examine(directory);
    findings.push(("tracing", examine_tracing()));
    findings.extend(examine_remote(remote_in_force(options).ok().as_ref(), directory));
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

#[cfg(not(feature = "remote"))]
fn examine_remote(_: Option<&crate::options::Sharing>, _: &Path) -> Vec<crate::store::Finding> {
    Vec::new()
}
