//! The store: entries in SQLite, behind look-up, fill, list, clear and statistics.
//!
//! It does not know about time to live or about running commands. In its directory, which only its owner can
//! enter, it keeps `cachex.db` (see `sqlite::schema`), long output in `objects/` (`objects`), `uses`
//! (`usage`) and `cachex.lock`, which is held while the database is set up. No transaction stays open
//! between two calls, except the read of a look-up ([`Store::hold`]). A look-up writes nothing.
//! Every fault is a [`StoreError`], and none is a reason not to run the command.
//!
//! From the bottom: `error`, `location`, `sqlite` (connections, transactions, rows), `objects`, `read` (pages without SQLite),
//! `handle` ([`Store`]), `remote_uses`, `query`, `usage`, `write`, `health`. Each uses only what stands before it.

mod entry_inputs;
mod entry_outputs;
mod error;
mod handle;
mod health;
mod location;
mod objects;
mod query;
mod read;
mod remote_uses;
mod sqlite;
mod usage;
mod uses_file;
mod write;

pub use error::StoreError;
pub use handle::Store;
pub use health::{Finding, Health, examine};
pub use query::{
    Calls, ListOrder, Matching, Relative, SelectedEntry, Selection, Statistics, Totals,
};
pub use remote_uses::RemoteUses;
pub use write::{
    Cleared, Clearings, DEFAULT_MAX_SIZE, Filled, Leftover, Limits, MOST_TRACED, Tombstone,
    leftovers,
};
