//! Queries: the entries that a filter selects, their descriptions, and statistics. Nothing here writes.

pub mod call_pattern;
mod listing;
mod nearest;
pub mod of_command;
pub mod parts;
pub mod selection;
mod statistics;
mod where_clause;

pub use call_pattern::{Calls, Matching};
pub use listing::ListOrder;
pub use nearest::Relative;
pub use selection::{SelectedEntry, Selection};
pub use statistics::{Statistics, Totals};
