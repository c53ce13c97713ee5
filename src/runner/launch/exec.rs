//! Becoming the command, where it cannot run beside cachex.

use super::command::{Launch, Standard};
use crate::inherited;
use crate::runner::error::SpawnError;
use crate::runner::job::Environment;
use crate::single_flight::{ACTIVE_VARIABLE, active, is_nested};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Variables, and the one that cachex adds.
pub(in crate::runner) fn with_nesting(mut environment: Environment) -> Environment {
    if is_nested() {
        environment.insert(ACTIVE_VARIABLE.into(), active());
    }
    environment
}

/// Becomes the command: nothing of cachex stays.
///
/// Returns only when that fails.
#[must_use]
pub fn exec(program: &Path, words: &[OsString], environment: Option<Environment>) -> SpawnError {
    let standard = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let launch = Launch {
        program,
        words,
        environment: environment.map(with_nesting),
        standard: standard
            .map(|fd| if inherited::is_closed(fd) { Standard::Closed } else { Standard::Ours }),
        leads_a_session: false,
        signals: None,
    };
    SpawnError::Refused(launch.command().exec())
}
