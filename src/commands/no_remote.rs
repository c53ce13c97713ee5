//! `cachex remote` in a build without remotes.

use crate::error::Error;
use crate::exit::Exit;
use crate::options::{Asked, RemoteOptions};
use crate::terminal::Notices;

/// Says that there are none.
///
/// # Errors
/// Always.
pub fn run(_: &RemoteOptions, _: &Asked, _: &Notices) -> Result<Exit, Error> {
    Err(Error::Failed("this cachex was built without remotes".to_owned()))
}
