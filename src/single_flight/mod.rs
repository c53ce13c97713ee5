//! Of many callers of one key, one runs the command: claims across processes, and which of them may wait.
//!
//! It knows nothing of the store or of what a key is made of. A claim is a lock on a file, so it vanishes with its process.

mod ancestry;
mod claims;

pub use ancestry::{ACTIVE_VARIABLE, active, active_within, is_nested, may_wait};
pub use claims::{Claim, ClaimSlot, Claimed, RunState, can_claim};
