//! The answers to the questions of a shape, as they are stored with an entry.

/// The answers to all questions of one shape, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStates {
    bytes: Vec<u8>,
}

impl StoredStates {
    /// The bytes that are stored.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// Answers that were read; damaged ones hold for nothing.
    #[must_use]
    pub fn decode(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }
}
