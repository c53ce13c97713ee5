//! Whether the inputs of stored entries are still as they were.

use super::shape::InputShape;
use super::stored_states::StoredStates;
use super::terms::TraceTerms;

/// One of the candidates, whose answers all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingStates {
    /// Its place among the candidates.
    pub candidate: usize,
    /// The same answers, quicker to check the next time.
    pub renewed: Option<StoredStates>,
}

/// Looks at the world once, and tells which of the candidates, entries of one shape, hold. It stops as soon as none
/// can. `secret` is that which the states were made with.
#[must_use]
pub fn verify(
    shape: &InputShape,
    candidates: &[StoredStates],
    terms: &TraceTerms,
    secret: &[u8],
) -> Vec<HoldingStates> {
    let _ = (shape, candidates, terms, secret);
    Vec::new()
}
