//! `cachex remote` and `clear --remote` in a build without remotes.

use crate::error::Error;
use crate::exit::Exit;
use crate::options::{Asked, ClearOptions, RemoteOptions};
use crate::terminal::Notices;

/// Says that there are none.
///
/// # Errors
/// Always.
pub fn run(_: &RemoteOptions, _: &Asked, _: &Notices) -> Result<Exit, Error> {
    Err(left_out())
}

/// Says the same.
///
/// # Errors
/// Always.
#[allow(clippy::needless_pass_by_value, reason = "it stands for what takes it")]
pub fn clear(_: Asked, _: &ClearOptions, _: &Notices) -> Result<(), Error> {
    Err(left_out())
}

fn left_out() -> Error {
    Error::Failed("this cachex was built without remotes".to_owned())
}
