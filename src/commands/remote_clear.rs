//! `cachex clear --remote`: a result goes here, and for all machines that share it.

use super::answer::print;
use super::clear::run as clear_here;
use crate::call::{Call, find_program};
use crate::error::Error;
use crate::options::{Asked, ClearOptions, remote_in_force};
use crate::terminal::Notices;

/// Removes the selected entries, then the results of the call on the remote. Prints how many there were.
///
/// # Errors
/// When there is no such call or no remote, or this machine may not write there.
pub fn clear(asked: Asked, options: &ClearOptions, notices: &Notices) -> Result<(), Error> {
    let usage = |problem: &str| Error::Usage(problem.to_owned());
    if asked.words.is_empty() {
        return Err(usage(
            "a remote cannot be cleared as a whole: give all machines a new --remote-epoch; for one call: cachex clear --remote -- COMMAND",
        ));
    }
    let sharing = remote_in_force(&asked.in_force)?;
    if !sharing.mode.writes() {
        return Err(usage(
            "this machine only reads from the remote; to clear there, set CACHEX_REMOTE_MODE: --remote-mode read-write",
        ));
    }
    if !sharing.keys().map_err(Error::Usage)?.may_write() {
        return Err(usage(
            "this machine may not write there: to clear on the remote, it needs CACHEX_REMOTE_SIGN_KEY",
        ));
    }
    clear_here(options, &asked.store(notices)?, notices)?;
    let (request, directory) = asked.into_request(notices);
    let failed =
        |fault: String| Error::Failed(format!("not all was cleared on the remote: {fault}"));
    let program = find_program(&request)?;
    let call = Call::new(&request, &program, notices).only_looking();
    let mut prepared = call.prepare(directory).map_err(failed)?;
    let found = call.clear_shared(&sharing, &mut prepared, options.dry_run).map_err(failed)?;
    print(&told(found, options.dry_run))
}

/// What was done, and what stays since it is not known here.
fn told(found: usize, dry_run: bool) -> String {
    let done = match (found, dry_run) {
        (0, false) => "there was none of this call".to_owned(),
        (0, true) => "there is none of this call".to_owned(),
        (found, _) => {
            let verb = if dry_run { "would clear" } else { "cleared" };
            let results = if found == 1 { "result" } else { "results" };
            format!("{verb} {found} {results} of this call")
        }
    };
    let advice = if found == 0 {
        "; if it is called with options, set them by variables, such as CACHEX_FILE or CACHEX_TRACE=1"
    } else {
        ""
    };
    format!(
        "on the remote: {done}, as it would run here and now{advice}; results for other arguments, inputs and \
         systems stay, and a new --remote-epoch hides all\n"
    )
}
