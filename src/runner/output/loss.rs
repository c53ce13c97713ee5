//! What our own streams did not take.

use std::io;

/// The loss to tell of. A reader that has gone away knows, the others may not.
pub(in crate::runner) fn worst(losses: impl IntoIterator<Item = io::Error>) -> Option<io::Error> {
    losses.into_iter().max_by_key(|error| error.kind() != io::ErrorKind::BrokenPipe)
}
