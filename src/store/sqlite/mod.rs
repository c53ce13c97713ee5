//! The database behind the store: connections, transactions, the schema, rows and notes.

pub mod codec;
pub mod condition;
pub mod connect;
pub mod notes;
pub mod open;
pub mod read_transaction;
pub mod repair;
pub mod rows;
pub mod schema;
pub mod space;
pub mod transaction;

mod definitions;
mod rebuild;
mod stopped_holder;
#[cfg(test)]
mod tests;
