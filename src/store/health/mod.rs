//! `doctor`: examines a store, from its directory to every entry, and changes nothing.

mod entries;
mod examine;
mod finding;
mod objects;

pub use examine::examine;
pub use finding::{Finding, Health};
