//! Opening the store for a verb.

use crate::error::Error;
use crate::store::{Store, StoreError};
use crate::terminal::Notices;
use std::path::Path;

/// Opens the store and does the work of a verb on it. A damaged store is first replaced by a new one.
pub(super) fn with_store<T>(
    directory: &Path,
    notices: &Notices,
    mut work: impl FnMut(&mut Store) -> Result<T, StoreError>,
) -> Result<T, Error> {
    // The new store may fail as well, if other processes set it aside at the same time.
    const ATTEMPTS: usize = 5;
    let mut done = Store::open(directory).and_then(|mut store| work(&mut store));
    for _ in 1..ATTEMPTS {
        if let Err(StoreError::Damaged(what)) = &done {
            notices.warn(&format_args!("the store was damaged ({what}); started a new one"));
            done = Store::begin_anew(directory).and_then(|mut store| work(&mut store));
        }
    }
    done.map_err(|fault| Error::Failed(fault.to_string()))
}
