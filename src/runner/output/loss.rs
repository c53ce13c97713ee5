//! Losses: output that our own streams did not take.

use std::io;

/// The loss to report. A reader that has gone away knows of its loss; of others the user may not know.
pub(crate) fn worst(losses: impl IntoIterator<Item = io::Error>) -> Option<io::Error> {
    losses.into_iter().max_by_key(|error| error.kind() != io::ErrorKind::BrokenPipe)
}
