//! The one error of the page reader, below all its parts.

use rustix::io::Errno;
use std::io;
use std::num::TryFromIntError;

/// The page reader does not support what it found; SQLite is asked instead. The details do not matter.
#[derive(Debug)]
pub(in crate::store) struct Unsupported;

impl From<io::Error> for Unsupported {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl From<Errno> for Unsupported {
    fn from(_: Errno) -> Self {
        Self
    }
}

impl From<TryFromIntError> for Unsupported {
    fn from(_: TryFromIntError) -> Self {
        Self
    }
}

/// What the page reader found.
pub(in crate::store) type PageResult<T> = Result<T, Unsupported>;
