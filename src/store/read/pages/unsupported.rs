//! The only error of the page reader.

use std::error::Error;

/// The page reader does not support what it found; SQLite is asked instead. The details do not matter.
#[derive(Debug)]
pub struct Unsupported;

impl<E: Error> From<E> for Unsupported {
    fn from(_: E) -> Self {
        Self
    }
}

/// The result of a read by the page reader.
pub type PageResult<T> = Result<T, Unsupported>;
