//! One file a verb: the only place where the store, the runner and the replay meet.
//!
//! A verb says in which order things happen and what is told of them. It decides nothing about
//! freshness (that is [`policy`](crate::policy)) and reads no flag that
//! [`settings`](crate::settings) has not understood, but for the verbs' own few. What it promises:
//! its answer on standard output, everything else on standard error, and with `--json` the fields
//! that the README names.

pub mod clear;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod explain;
pub mod list;
pub mod prune;
pub mod run;
pub mod show;
pub mod stats;
pub mod trust;

mod filters;
mod json;
mod table;

use crate::error::Error;
use crate::store::{Store, StoreError};
use crate::terminal::{self, Notices, Stream};
use std::io;
use std::path::Path;

/// Opens the store and does what a verb wants of it; a damaged one is begun anew first.
fn with_store<T>(
    directory: &Path,
    notices: &Notices,
    mut work: impl FnMut(&mut Store) -> Result<T, StoreError>,
) -> Result<T, Error> {
    // While others set it aside too, what takes its place may fail again.
    const ATTEMPTS: usize = 5;
    let mut done = Store::open(directory).and_then(|mut store| work(&mut store));
    for _ in 1..ATTEMPTS {
        if let Err(StoreError::Damaged(what)) = &done {
            notices.warn(&format_args!("the store was damaged ({what}) and begins anew"));
            done = Store::begin_anew(directory).and_then(|mut store| work(&mut store));
        }
    }
    done.map_err(|fault| Error::Failed(fault.to_string()))
}

/// Stored output was damaged while it was shown.
fn not_whole(fault: &io::Error) -> Error {
    Error::Failed(format!("the output is not whole: {fault}"))
}

/// Prints an answer.
fn print(text: &str) -> Result<(), Error> {
    printed(terminal::print(Stream::Stdout, text))
}

/// Prints what has colours on a terminal.
fn print_table(text: &str) -> Result<(), Error> {
    printed(terminal::print_styled(Stream::Stdout, text))
}

/// A reader that goes away has seen enough.
fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if StoreError::is_in(&error) => Err(not_whole(&error)),
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
