//! Single flight: one of many callers of a key runs the command, and the others wait if they may.
//!
//! This module does not know the store, or the inputs that make up a key. A claim is a lock on a file, so it ends with
//! its process.

mod ancestry;
mod claims;

pub use ancestry::{ACTIVE_VARIABLE, active, active_within, is_nested, may_wait};
pub use claims::{Claim, ClaimSlot, Claimed, RunState, can_claim};
