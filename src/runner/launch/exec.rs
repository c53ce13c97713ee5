//! Becoming the command, if it cannot run beside cachex.

use super::command::{Launch, Standard};
use super::environment::Environment;
use crate::inherited;
use crate::runner::error::SpawnError;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Replaces cachex by the command.
///
/// Returns only when that fails.
pub fn exec(program: &Path, words: &[OsString], environment: Option<Environment>) -> SpawnError {
    let own = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let standard =
        own.map(|fd| if inherited::is_closed(fd) { Standard::Closed } else { Standard::Ours });
    let launch =
        Launch { program, words, environment, standard, trace: None, leads_a_session: false };
    SpawnError::Refused(match launch.into_command() {
        Ok(mut command) => command.exec(),
        Err(fault) => fault,
    })
}
