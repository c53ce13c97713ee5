//! Why an object of a remote is not believed. The command runs, as if there were none.

use crate::remote::secret::seal::SealFault;
use std::cmp::Ordering;

/// Why an object is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is something else.
    #[error("it is not an object of cachex")]
    NoObject,
    /// A newer version wrote it.
    #[error("it has format {0}, which this version cannot read")]
    NewerFormat(u16),
    /// An older version wrote it.
    #[error("it has format {0}, which is read no more")]
    OlderFormat(u16),
    /// Another key of a team.
    #[error("it was written with another CACHEX_REMOTE_KEY")]
    OtherKey,
    /// It ends too early.
    #[error("it was cut off")]
    Cut,
    /// There is more than one object.
    #[error("something follows its end")]
    Trailing,
    /// It is longer than may be.
    #[error("it is too long")]
    TooLong,
    /// Its seal does not count.
    #[error("{0}")]
    Seal(#[from] SealFault),
    /// What is in it makes no sense.
    #[error("its content cannot be read")]
    Malformed,
}

impl Refusal {
    /// Compares the format of an object with the one that this version knows.
    ///
    /// # Errors
    /// When they differ.
    pub fn check_format(format: u16, known: u16) -> Result<(), Self> {
        match format.cmp(&known) {
            Ordering::Less => Err(Self::OlderFormat(format)),
            Ordering::Equal => Ok(()),
            Ordering::Greater => Err(Self::NewerFormat(format)),
        }
    }

    /// Whether the object as it lies there is of no use to anybody, so that a new result may take its place.
    #[must_use]
    pub fn may_be_replaced(self) -> bool {
        !matches!(self, Self::NewerFormat(_))
    }
}
