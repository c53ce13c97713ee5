//! Opening the store for a verb.

use crate::error::Error;
use crate::store::{Store, StoreError};
use crate::terminal::Notices;
use std::path::Path;

/// Opens the store and does the work of a verb on it. A damaged store is first replaced by a new one.
pub(super) fn with_store<T>(
    directory: &Path,
    notices: &Notices,
    work: impl FnMut(&mut Store) -> Result<T, StoreError>,
) -> Result<T, Error> {
    let done = Store::for_look_up(directory).and_then(|mut store| store.mended(notices, work));
    done.map_err(|fault| Error::Failed(fault.to_string()))
}
