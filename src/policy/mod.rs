//! May an entry be replayed, may a result be kept: pure decisions.
//!
//! Only this module decides whether an entry is fresh for a call. This module knows no store, no process and no clock:
//! the current time is a parameter. The same entries, policy and moment always give the same verdict.

#[cfg(test)]
mod fixtures;
mod keeping;
mod reasons;
mod renewing;
mod replaying;
mod terms;

pub use reasons::{Discarded, MissReason};
pub use replaying::Verdict;
pub use terms::Policy;
