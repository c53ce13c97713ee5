//! One file a verb: the only place where the store, the runner and the replay meet.

pub mod clear;
pub mod completions;
pub mod list;
pub mod run;
pub mod show;

use crate::error::Error;
use crate::store::{Store, StoreError};
use std::io;
use std::path::Path;

/// Opens the store for a verb, which can do nothing without it; a damaged one is begun anew.
fn open_store(directory: &Path) -> Result<Store, Error> {
    let opened = match Store::open(directory) {
        Err(StoreError::Damaged(_)) => Store::begin_anew(directory),
        opened => opened,
    };
    opened.map_err(failed)
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn failed(error: StoreError) -> Error {
    Error::Failed(error.to_string())
}

/// A reader that goes away has seen enough.
fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Failed(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}
