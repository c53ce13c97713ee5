//! Changes to the store: fill, evict, clear, prune. Each is one transaction, or a row of short ones.

mod clearing;
mod command_totals;
mod entry_remover;
mod evict;
mod fill;
mod insert;
mod prune;
mod remove;
mod retention;
mod tombstones;

pub use clearing::Clearings;
pub use fill::{Filled, Limits};
pub use prune::{DEFAULT_MAX_SIZE, Leftover, leftovers};
pub use remove::Cleared;
pub use tombstones::Tombstone;
