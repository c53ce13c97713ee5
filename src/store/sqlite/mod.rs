//! The database behind the store: connections, transactions, the schema, rows and notes.

pub(in crate::store) mod codec;
pub(in crate::store) mod condition;
pub(in crate::store) mod connect;
pub(in crate::store) mod notes;
pub(in crate::store) mod open;
pub(in crate::store) mod read_transaction;
pub(in crate::store) mod repair;
pub(in crate::store) mod rows;
pub(in crate::store) mod schema;
pub(in crate::store) mod space;
pub(in crate::store) mod transaction;

mod definitions;
mod rebuild;
mod stopped_holder;
#[cfg(test)]
mod tests;
