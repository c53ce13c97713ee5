//! Changes to the store: fill, evict, clear, prune. Each is one transaction, or a row of short ones.

mod clearing;
mod command_totals;
mod entries;
mod evict;
mod fill;
mod insert;
mod prune;
mod remove;
mod retention;
mod tombstones;

pub use clearing::Clearings;
pub use entries::Cleared;
pub use fill::{Filled, Limits};
pub use insert::MOST_TRACED;
pub use prune::{DEFAULT_MAX_SIZE, Leftover, leftovers};
pub use tombstones::Tombstone;
