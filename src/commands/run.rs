//! `cachex [OPTIONS] [--] COMMAND`: replays a stored result, or runs the command and stores its result.

use crate::call::{Call, find_program};
use crate::error::Error;
use crate::exit::Exit;
use crate::options::{Execution, Request};
use crate::terminal::Notices;
use std::path::PathBuf;

/// Runs a request to its end.
///
/// # Errors
/// When the command cannot be started, or `--only-if-cached` found nothing.
pub fn run(
    request: &Request,
    directory: Result<PathBuf, String>,
    notices: &Notices,
) -> Result<Exit, Error> {
    let program = find_program(request)?;
    let call = Call::new(request, &program, notices);
    if request.no_cache {
        return call.run_switched_off();
    }
    let prepared = match call.prepare(directory) {
        Ok(prepared) => prepared,
        Err(fault) => return call.run_uncached(&fault),
    };
    if request.execution == Execution::InBackground {
        return Ok(call.warm(prepared));
    }
    let chosen = call.choose(&prepared);
    match chosen {
        Ok(hit) => {
            call.tell_caveats(&prepared.observation, false);
            call.serve(prepared, hit)
        }
        Err(miss) if request.execution == Execution::Never => {
            call.tell_caveats(&prepared.observation, true);
            call.serve_from_remote(prepared, &miss)
        }
        Err(miss) => {
            if let Some(reason) = call.needs_its_own_output() {
                return call.run_uncached_with(prepared.stdin.into_buffered(), &reason);
            }
            call.tell_miss(&prepared, &miss.reason);
            call.tell_caveats(&prepared.observation, true);
            call.run_once(prepared, miss.fallback)
        }
    }
}
